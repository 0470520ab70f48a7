//! The message of the error that was recorded last on a thread.
//!
//! An error that goes on through a caller is logged once. Who records it again, perhaps
//! in its own words, says the same message. It is compared by text, as the types may
//! differ.

use std::cell::Cell;

use super::formatted::{Formatted, ROOM, SHORT};
use crate::record::thread;

/// A short message, in place and without a destructor.
struct LastFailure {
    bytes: Cell<[u8; ROOM]>,
    /// Zero if there is none, [`LONG`] if it is not a short one.
    length: Cell<usize>,
}

const LONG: usize = usize::MAX;

thread_local! {
    static LAST: LastFailure = const {
        LastFailure {
            bytes: Cell::new([0; ROOM]),
            length: Cell::new(0),
        }
    };
    static LAST_LONG: Cell<String> = const { Cell::new(String::new()) };
}

/// Whether a message is the last one, or says it: an error that wraps another one shows it
/// as its source.
pub(super) fn is_last_message_in(message: Formatted<'_>) -> bool {
    let (bytes, length) = LAST.with(|last| (last.bytes.get(), last.length.get()));
    match (length, message) {
        (0, _) => false,
        (LONG, message) => is_long_in(message),
        (_, message) => {
            let last = Formatted::Short(bytes.get(..length).unwrap_or_default());
            // An error that wraps another one mostly shows it as a part of its text.
            last.bytes() == message.bytes() || message.as_str().contains(last.as_str())
        }
    }
}

/// The same, where the last message is a long one.
#[cold]
fn is_long_in(message: Formatted<'_>) -> bool {
    let last = LAST_LONG.try_with(Cell::take).unwrap_or_default();
    let is_in = !last.is_empty() && message.as_str().contains(last.as_str());
    let _kept = LAST_LONG.try_with(|cell| cell.set(last));
    is_in
}

/// Keeps a message for the next one.
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
    // Not inlined, so that `LocalKey::with` is.
    #[inline(never)]
    fn keep_message(&self, message: &[u8]) {
        thread::copy_text(&self.bytes, 0, message);
        self.length.set(message.len());
    }
}

#[cold]
fn note_long(message: &str) {
    let mut last = LAST_LONG.try_with(Cell::take).unwrap_or_default();
    last.clear();
    last.push_str(message);
    let _kept = LAST_LONG.try_with(|cell| cell.set(last));
    LAST.with(|last| last.length.set(LONG));
}
