//! Entries that are written at once: where the stage has room, and nothing but the block
//! has to be asked.
//!
//! This is what is done for each span and most tags. Each function returns whether it was
//! done. If not, nothing was written, and the caller goes the general way, by
//! `write/append.rs`.
//!
//! The functions read what they need of the block before they read the clock: the
//! compiler takes nothing of it for known after that.

use super::block::{BLOCK, Block, STAGE};
use crate::stream::{EntryKind, Header, outcome_number};
use crate::value::Outcome;

/// The same, if the span is the newest and was made the current one, its end takes one
/// word, and times are the counter's; returns whether that is so. Little code, as it is inlined into
/// each function.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn close_newest(header: Header, id: u64, parent: u64) -> bool {
    BLOCK.with(|block| {
        let used = block.used.get();
        // The newest span is the current one, if it was that: who makes another one current
        // without opening it, in this scope or another, forgets the newest.
        let is_newest = block.newest.get() == id && used < STAGE;
        let Some(counter) = block.plain.get().filter(|_| is_newest) else {
            return false;
        };
        let ticks = counter.raw().wrapping_sub(block.newest_time.get());
        let Some(short) = header.with_ticks(ticks) else {
            return false;
        };
        block.put(used, [short.word()]);
        block.ended.set(block.ended.get().wrapping_add(1));
        block.span.set(parent);
        true
    })
}

/// Writes an error of a span whose type has a number, if the message is short, the tracer need
/// not be asked, and the stage has room; returns whether that is so.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn push_error(header: Header, span: u64, message: &[u8]) -> bool {
    BLOCK.with(|block| block.put_error(header, span, message))
}

/// Writes a tag of a span whose value is one word, if the stage can take it; returns whether
/// that is so.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn push_named_word(header: Header, span: u64, word: u64, key: &str) -> bool {
    BLOCK.with(|block| block.put_named_word(header, span, word, key))
}

/// The same of a tag whose value is a text.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn push_named_text(header: Header, span: u64, key: &str, text: &str) -> bool {
    BLOCK.with(|block| block.put_named_text(header, span, key, text))
}

impl Block {
    /// Writes the opening of a span with a new id and makes it the current one, if the
    /// header is known, the tracer need not be asked and the stage has room. Returns the
    /// id and the parent.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn open_at_once(&self, header: u64) -> Option<(u64, u64)> {
        let used = self.used.get();
        let counter = self.plain.get()?;
        if header == 0 || used > STAGE - 4 {
            return None;
        }
        let id = self.ids.draw().get();
        let parent = self.span.replace(id);
        self.put(used, [header, id, parent]);
        self.used.set(used + 4);
        self.newest.set(id);
        self.opened.set(self.opened.get().wrapping_add(1));
        // The clock comes last: fewer values have to be kept meanwhile.
        let time = counter.raw();
        self.put_one(used + 3, time);
        self.newest_time.set(time);
        Some((id, parent))
    }

    /// Writes the end of a span and makes `parent` the current one again, if the span is the
    /// current one, the tracer need not be asked and the stage has room; returns whether
    /// that is so.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn close_at_once(&self, outcome: Outcome, id: u64, parent: u64) -> bool {
        let used = self.used.get();
        let Some(counter) = self.plain.get() else {
            return false;
        };
        if used > STAGE - 3 {
            return false;
        }
        let is_newest = self.newest.get() == id;
        // The newest is the current one, or as good as that: see `close_newest`.
        if !is_newest && self.span.get() != id {
            return false;
        }
        self.span.set(parent);
        self.ended.set(self.ended.get().wrapping_add(1));
        if outcome == Outcome::Error {
            self.failed_in.set(parent);
        }
        let header = Header::new(EntryKind::Close, outcome_number(outcome), 0, 0);
        if is_newest {
            let newest_time = self.newest_time.get();
            let time = counter.raw();
            match header.with_ticks(time.wrapping_sub(newest_time)) {
                Some(short) => self.put(used, [short.word()]),
                None => self.put(used, [header.word(), id, time]),
            }
        } else {
            self.put(used, [header.word(), id]);
            self.used.set(used + 3);
            self.put_one(used + 2, counter.raw());
        }
        true
    }

    /// Writes an entry of the current span that has one word, if the span is the scope's to
    /// write to and the stage has room; returns whether that is so.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn put_own_word(&self, header: Header, word: u64) -> bool {
        let span = self.own_span();
        if span == 0 {
            return false;
        }
        let used = self.used.get();
        if used > STAGE - 3 {
            return false;
        }
        self.put_word(used, header, span, word);
        true
    }

    /// Writes an entry of the current span that has a short text, if the span is the
    /// scope's to write to, the tracer need not be asked, and the stage has room; returns
    /// whether that is so.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn put_own_text(&self, header: Header, text: &str) -> bool {
        let span = self.own_span();
        if span == 0 || self.plain.get().is_none() {
            return false;
        }
        let Some(used) = self.room_for(3, text.len()) else {
            return false;
        };
        self.put_text(text.as_bytes());
        self.put_word(used, header, span, text.len() as u64);
        true
    }

    // These are not inlined: `LocalKey::with` is then, and does not find the block by a
    // pointer to a function. That, and arguments that are not in registers, would cost as
    // much as all the rest.
    /// Writes a tag of a span with its key and one word, if there is room.
    #[inline(never)]
    fn put_named_word(&self, header: Header, span: u64, word: u64, key: &str) -> bool {
        let Some(used) = self.room_for(3, key.len()) else {
            return false;
        };
        self.put_text(key.as_bytes());
        self.put_word(used, header, span, word);
        true
    }

    /// Writes a tag of a span with its key and a text, if there is room.
    #[inline(never)]
    fn put_named_text(&self, header: Header, span: u64, key: &str, text: &str) -> bool {
        let Some(used) = self.room_for(3, key.len() + text.len()) else {
            return false;
        };
        self.put_text(key.as_bytes());
        self.put_text(text.as_bytes());
        self.put_word(used, header, span, text.len() as u64);
        true
    }

    /// Writes an error of a span with its message, if there is room and times are the
    /// counter's.
    #[inline(never)]
    fn put_error(&self, header: Header, span: u64, message: &[u8]) -> bool {
        let Some(counter) = self.plain.get() else {
            return false;
        };
        let Some(used) = self.room_for(4, message.len()) else {
            return false;
        };
        let is_newest = self.newest.get() == span;
        self.put_text(message);
        let (time, length) = (counter.raw(), message.len() as u64);
        if is_newest {
            self.put(used, [header.with_newest().word(), time, length]);
        } else {
            self.put(used, [header.word(), span, time, length]);
        }
        true
    }
}
