//! Remembers the message of the error that was recorded last on a thread.
//!
//! An error that passes through several functions is logged once. If a function records it
//! again, perhaps wrapped in another error, the message contains the same text. Messages are
//! compared instead of types, because a wrapper has a different type.
//!
//! This file only compares. `thread/failed_child.rs` knows whether a child has failed.

use std::cell::Cell;

use super::formatted::{Formatted, ROOM, SHORT};
use crate::record::thread;

/// A short message. It is stored in place and has no destructor, so that accessing it cannot
/// fail.
struct LastFailure {
    bytes: Cell<[u8; ROOM]>,
    /// Zero if there is no message, [`LONG`] if the message is long.
    length: Cell<usize>,
}

/// The length that marks a message in `LAST_LONG`.
const LONG: usize = usize::MAX;

thread_local! {
    static LAST: LastFailure = const {
        LastFailure {
            bytes: Cell::new([0; ROOM]),
            length: Cell::new(0),
        }
    };
    /// A long message. It has a destructor, so it may be gone when the thread ends. Then the
    /// message counts as different, and the error is logged twice.
    static LAST_LONG: Cell<String> = const { Cell::new(String::new()) };
}

/// Whether a message equals the last one or contains it, as the message of a wrapping error
/// often does. An empty last message does not count as contained.
pub(super) fn is_last_message_in(message: Formatted<'_>) -> bool {
    // Copied, because comparing needs a slice, which a cell cannot provide.
    let (bytes, length) = LAST.with(|last| (last.bytes.get(), last.length.get()));
    match (length, message) {
        (0, _) => false,
        (LONG, message) => is_long_in(message),
        (_, message) => {
            let last = Formatted::Short(bytes.get(..length).unwrap_or_default());
            // Equal bytes are checked first. This is the usual case and needs no check of
            // UTF-8.
            last.bytes() == message.bytes() || message.as_str().contains(last.as_str())
        }
    }
}

/// Whether a message contains the last one, which is long.
#[cold]
fn is_long_in(message: Formatted<'_>) -> bool {
    let last = LAST_LONG.try_with(Cell::take).unwrap_or_default();
    let is_in = !last.is_empty() && message.as_str().contains(last.as_str());
    let _kept = LAST_LONG.try_with(|cell| cell.set(last));
    is_in
}

/// Keeps a message, for comparison with the next one.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn note_message(message: Formatted<'_>) {
    match message {
        Formatted::Short(bytes) if bytes.len() <= SHORT => {
            LAST.with(|last| last.keep_message(bytes));
        }
        message => note_long(message.as_str()),
    }
}

impl LastFailure {
    /// Keeps a short message.
    // Not inlined, so that `LocalKey::with` is inlined around it.
    #[inline(never)]
    fn keep_message(&self, message: &[u8]) {
        thread::copy_text(&self.bytes, 0, message);
        self.length.set(message.len());
    }
}

/// Keeps a long message, in the buffer of the previous one.
#[cold]
fn note_long(message: &str) {
    let mut last = LAST_LONG.try_with(Cell::take).unwrap_or_default();
    last.clear();
    last.push_str(message);
    let _kept = LAST_LONG.try_with(|cell| cell.set(last));
    LAST.with(|last| last.length.set(LONG));
}
