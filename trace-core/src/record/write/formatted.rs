//! Formats values with `Display` or `Debug`.
//!
//! A value is formatted into a buffer on the stack and, if it is long, into a buffer that the
//! thread reuses. So formatting rarely allocates, and the length is known before the entry is
//! written. Formatting stops at the tracer's limit, even if the value is longer.
//!
//! Formatting is the application's code. It is not recorded, may panic, and may format or
//! record another value meanwhile. So no buffer of the thread is borrowed while it runs. The
//! long buffer is taken out and put back.

use std::cell::Cell;
use std::fmt::{self, Write as _};

use super::text_limit;
use crate::record::thread::{self, BEHIND, MAX_STAGED_TEXT, quietly};
use crate::value::limits::cut;

/// The maximum length in bytes of a text that is formatted on the stack: as much as fits into
/// the stage.
pub(super) const SHORT: usize = MAX_STAGED_TEXT;
/// The size of that buffer. Texts are copied in whole words, which needs room after them.
pub(super) const ROOM: usize = SHORT + BEHIND;

/// The text of a value, within the tracer's limit.
#[derive(Clone, Copy, Debug)]
pub(super) enum Formatted<'a> {
    /// A text of at most [`SHORT`] bytes. It is valid UTF-8, because it consists of whole
    /// texts. It is kept as bytes, so that UTF-8 is checked only where a string is needed.
    Short(&'a [u8]),
    /// A longer text, or one that was cut.
    Long(&'a str),
}

impl<'a> Formatted<'a> {
    /// Returns the text as a string. Checks a short one.
    #[inline]
    pub(super) fn as_str(self) -> &'a str {
        match self {
            Self::Short(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
            Self::Long(text) => text,
        }
    }

    /// Returns the bytes of the text. Checks nothing.
    #[inline]
    pub(super) fn bytes(self) -> &'a [u8] {
        match self {
            Self::Short(bytes) => bytes,
            Self::Long(text) => text.as_bytes(),
        }
    }
}

/// Formats a value and passes its text to `write`, cut to the tracer's limit. The value's code
/// is not recorded. If it panics, the text says so, and the caller is not affected.
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
    // `Text` returns an error when it is full, which ends the formatting early.
    let formatted = quietly(|_| {
        let _is_full = write!(text, "{value}");
    });
    if formatted.is_none() {
        // The text before the panic is incomplete, so it is replaced.
        text.replace("(formatting this value panicked)");
    }
    // Recording is no longer paused here, so `write` may append entries.
    let length = text.length;
    write(match &text.long {
        None => Formatted::Short(text.short.get_mut().get(..length).unwrap_or_default()),
        Some(long) => Formatted::Long(long),
    });
    if let Some(long) = text.long {
        keep_long(long);
    }
}

/// A buffer for a text of up to `max` bytes. Short texts stay on the stack.
struct Text {
    /// The number of free bytes in `short`. Zero once `long` is used, so that all further text
    /// goes there.
    room: usize,
    /// Bytes of `short` in use.
    length: usize,
    short: Cell<[u8; ROOM]>,
    /// The whole text, once it is too long for `short` or for the limit.
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
    /// The buffer for long texts, which is reused to avoid allocations. It is empty while a
    /// value is formatted into the buffer. A value that is formatted meanwhile gets another
    /// one.
    static LONG: Cell<String> = const { Cell::new(String::new()) };
}

impl Text {
    /// Continues in the long buffer, up to the limit.
    ///
    /// # Errors
    ///
    /// If the text was cut. The error ends the formatting.
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

    /// Replaces the whole text.
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

/// Keeps the long buffer for the thread's next value. Its size is bounded by the tracer's
/// limit.
#[cold]
fn keep_long(long: String) {
    let _kept = LONG.try_with(|cell| cell.set(long));
}
