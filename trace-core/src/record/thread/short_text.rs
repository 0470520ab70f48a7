//! Copies short texts, eight bytes at once.
//!
//! The target needs [`BEHIND`] bytes of room after the text, which are overwritten. The code
//! needs no `unsafe`, because the compiler turns eight cells into one store. If there is no
//! room, nothing is written.

use std::cell::Cell;

/// Bytes that may be overwritten behind a text, because it is written in words.
pub(in crate::record) const BEHIND: usize = 8;

/// Copies a short text to a place that has room for it and for [`BEHIND`] bytes more.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn copy_text<const ROOM: usize>(
    room: &Cell<[u8; ROOM]>,
    place: usize,
    text: &[u8],
) {
    let (mut place, mut rest) = (place, text);
    // Eight bytes at once are one store. Most texts are only a little longer, and copying them
    // byte by byte or calling `memcpy` takes several times as long.
    while let Some((word, more)) = rest.split_first_chunk::<8>() {
        put_bytes(room, place, *word);
        (place, rest) = (place + 8, more);
    }
    // The bytes behind the text are overwritten by the next one. The words do not overlap, so
    // each can be read again without waiting for the other.
    put_bytes(room, place, short_bytes(rest));
}

/// Writes eight bytes, which the compiler turns into one store.
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

/// Returns fewer than eight bytes as the first of eight. They are read as two words that may
/// overlap: where they do, both have the same bytes, so *or* joins them.
///
/// The second word is rotated and not shifted, which has the same result here. With a shift the
/// compiler knows that the last byte is zero, and writes the eight bytes one by one.
#[cfg_attr(not(debug_assertions), inline(always))]
fn short_bytes(bytes: &[u8]) -> [u8; 8] {
    // The type that a rotation needs.
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
