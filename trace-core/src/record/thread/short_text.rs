//! Copies of short texts, eight bytes at once.
//!
//! The target needs [`BEHIND`] bytes of room behind the text, which are overwritten. It
//! is safe code: the compiler turns each eight cells into one store.

use std::cell::Cell;

/// Bytes behind a text that is written in words.
pub(in crate::record) const BEHIND: usize = 8;

/// Copies a short text to a place where there is room for it and for [`BEHIND`] bytes more.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn copy_text<const ROOM: usize>(
    room: &Cell<[u8; ROOM]>,
    place: usize,
    text: &[u8],
) {
    let (mut place, mut rest) = (place, text);
    // Eight bytes at once, which is one store: most texts have not many more, so that
    // to copy them one by one, or to call `memcpy`, takes several times as long.
    while let Some((word, more)) = rest.split_first_chunk::<8>() {
        put_bytes(room, place, *word);
        (place, rest) = (place + 8, more);
    }
    // What is behind the text is overwritten by the next one. The words do not overlap, so
    // that each can be read again at once.
    put_bytes(room, place, short_bytes(rest));
}

/// Writes eight bytes, which the compiler makes one store.
#[cfg_attr(not(debug_assertions), inline(always))]
fn put_bytes<const ROOM: usize>(room: &Cell<[u8; ROOM]>, place: usize, bytes: [u8; 8]) {
    let room: &Cell<[u8]> = room;
    let room = room.as_slice_of_cells().get(place..).unwrap_or_default();
    if let Some(to) = room.first_chunk::<8>() {
        for (to, byte) in to.iter().zip(bytes) {
            to.set(byte);
        }
    }
}

/// Fewer than eight bytes as the first of eight, read in two words that may overlap.
///
/// The second one is rotated, and not shifted, which is the same here: else the compiler
/// knows that the last byte is zero, and writes eight bytes one by one.
#[cfg_attr(not(debug_assertions), inline(always))]
fn short_bytes(bytes: &[u8]) -> [u8; 8] {
    // As much as a number can be rotated by.
    let length = u32::try_from(bytes.len()).unwrap_or(0);
    let word = if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let last = u64::from(u32::from_le_bytes(*last)).rotate_left(8 * (length - 4));
        u64::from(u32::from_le_bytes(*first)) | last
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let last = u64::from(u16::from_le_bytes(*last)).rotate_left(8 * (length - 2));
        u64::from(u16::from_le_bytes(*first)) | last
    } else {
        bytes.first().copied().map_or(0, u64::from)
    };
    word.to_le_bytes()
}
