//! Texts of values that format themselves.
//!
//! A value is formatted into a buffer on the stack, and into one that the thread keeps if
//! it is long. So nothing is allocated, and the length is known before the entry is
//! written. Formatting ends at the tracer's limit, whatever the value would still say.

use std::cell::Cell;
use std::fmt::{self, Write as _};

use super::text_limit;
use crate::record::thread::{self, BEHIND, MAX_STAGED_TEXT, quietly};
use crate::value::limits::cut;

/// Bytes of a text that is formatted in place, and the room for it.
pub(super) const SHORT: usize = MAX_STAGED_TEXT;
pub(super) const ROOM: usize = SHORT + BEHIND;

/// The text of a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Formatted<'a> {
    /// A text of no more than [`SHORT`] bytes: only whole texts were put there, which need
    /// not be looked at to know that.
    Short(&'a [u8]),
    Long(&'a str),
}

impl<'a> Formatted<'a> {
    #[inline]
    pub(super) fn as_str(self) -> &'a str {
        match self {
            Self::Short(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
            Self::Long(text) => text,
        }
    }

    #[inline]
    pub(super) fn bytes(self) -> &'a [u8] {
        match self {
            Self::Short(bytes) => bytes,
            Self::Long(text) => text.as_bytes(),
        }
    }
}

/// Formats a value and gives its text to `write`, cut to the tracer's limit. The value is
/// the application's code: what it calls is not recorded, and it may panic, which is none of
/// the caller's business.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn with_formatted(value: &dyn fmt::Display, write: impl FnOnce(Formatted<'_>)) {
    let max = text_limit::max_value_bytes();
    let mut text = Text {
        room: max.min(SHORT),
        length: 0,
        short: Cell::new([0; ROOM]),
        long: None,
        max,
    };
    // `Text` fails when it is full, and so ends the formatting.
    let formatted = quietly(|_| {
        let _is_full = write!(text, "{value}");
    });
    if formatted.is_none() {
        // What was written before the panic may be anything.
        text.replace("(formatting this value panicked)");
    }
    let length = text.length;
    write(match &text.long {
        None => Formatted::Short(text.short.get_mut().get(..length).unwrap_or_default()),
        Some(long) => Formatted::Long(long),
    });
    if let Some(long) = text.long {
        keep_long(long);
    }
}

/// Takes text up to a limit of bytes.
struct Text {
    /// Bytes that `short` still takes; zero once there is `long`.
    room: usize,
    /// Bytes of `short` in use.
    length: usize,
    short: Cell<[u8; ROOM]>,
    /// All of the text, once it is too long for the other, or for the limit.
    long: Option<String>,
    /// The tracer's limit in bytes.
    max: usize,
}

impl fmt::Write for Text {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.len() > self.room {
            return self.write_long(text);
        }
        thread::copy_text(&self.short, self.length, text.as_bytes());
        self.room -= text.len();
        self.length += text.len();
        Ok(())
    }
}

thread_local! {
    /// What long texts are put together in, so that nothing is allocated for them.
    static LONG: Cell<String> = const { Cell::new(String::new()) };
}

impl Text {
    /// Goes on in the long buffer, up to the limit. An error ends the formatting.
    #[cold]
    #[inline(never)]
    fn write_long(&mut self, text: &str) -> fmt::Result {
        self.room = 0;
        let long = self.long.get_or_insert_with(|| {
            let mut long = LONG.try_with(Cell::take).unwrap_or_default();
            long.clear();
            let short = self.short.get_mut().get(..self.length).unwrap_or_default();
            long.push_str(Formatted::Short(short).as_str());
            long
        });
        let part = cut(text, self.max.saturating_sub(long.len()));
        long.push_str(part);
        if part.len() < text.len() {
            return Err(fmt::Error);
        }
        Ok(())
    }

    /// Puts another text in the place of all that was written.
    #[cold]
    fn replace(&mut self, text: &str) {
        if let Some(long) = self.long.take() {
            keep_long(long);
        }
        self.room = self.max.min(SHORT);
        self.length = 0;
        let _is_full = self.write_str(text);
    }
}

/// Keeps the long buffer for the next value.
#[cold]
fn keep_long(long: String) {
    let _kept = LONG.try_with(|cell| cell.set(long));
}
