//! Writes entries directly, if the stage has room and the block has all the needed values.
//!
//! This code runs for each span and for most tags. Each function returns whether it has
//! written the entry. If not, the caller uses the general functions in `write/append.rs`.
//!
//! The functions read what they need from the block before they read the clock. After that,
//! the compiler assumes nothing about the block and would load everything again.

use super::block::{BLOCK, Block, STAGE};
use crate::stream::{EntryKind, Header, outcome_number};
use crate::value::Outcome;

/// Writes the end of a span and makes `parent` the current one. The span must be the newest
/// one, its end must fit into one word, and times must come from the counter. Returns whether
/// it did. The span must have become current when it was opened. The code is short because it
/// is inlined into each traced function.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn close_newest(header: Header, id: u64, parent: u64) -> bool {
    BLOCK.with(|block| {
        let used = block.used.get();
        // If the newest span became current when it was opened, it is still current. Opening
        // another span makes that span the newest, and code that makes another span current
        // without opening it calls `forget_newest`.
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

/// Writes an error of a span whose type has a number. The message must be short, the tracer
/// must be plain, and the stage must have room. Returns whether it did.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn push_error(header: Header, span: u64, message: &[u8]) -> bool {
    BLOCK.with(|block| block.put_error(header, span, message))
}

/// Writes a tag of a span, with its key as a text and one word as its value, if the stage has
/// room. Returns whether it did.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn push_named_word(header: Header, span: u64, word: u64, key: &str) -> bool {
    BLOCK.with(|block| block.put_named_word(header, span, word, key))
}

/// Writes a tag of a span, with its key and its value as texts, if the stage has room. Returns
/// whether it did. The caller has checked that the value is within the tracer's limit.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn push_named_text(header: Header, span: u64, key: &str, text: &str) -> bool {
    BLOCK.with(|block| block.put_named_text(header, span, key, text))
}

impl Block {
    /// Writes the opening of a span with a new id and makes it the current one. The header
    /// must be known, the tracer must be plain, and the stage must have room. Returns the id
    /// and the parent.
    ///
    /// A header of zero means that the site has no number yet.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn open_at_once(&self, header: u64) -> Option<(u64, u64)> {
        let used = self.used.get();
        let counter = self.plain.get()?;
        if header == 0 || used > STAGE - 4 {
            return None;
        }
        // The rest cannot fail, so the block may be changed.
        let id = self.ids.draw().get();
        let parent = self.span.replace(id);
        self.put(used, [header, id, parent]);
        self.used.set(used + 4);
        // Counted before the last word is written, because nothing can move the stage in
        // between.
        self.newest.set(id);
        self.opened.set(self.opened.get().wrapping_add(1));
        // The clock comes last, so that fewer values are kept in registers across it.
        let time = counter.raw();
        self.put_one(used + 3, time);
        self.newest_time.set(time);
        Some((id, parent))
    }

    /// Writes the end of a span and makes `parent` the current one again. The span must be the
    /// current one, the tracer must be plain, and the stage must have room. Returns whether it
    /// did.
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
        // The newest span is the current one; see `close_newest`. Any other span has to be
        // current: otherwise its end must leave the current span as it is.
        if !is_newest && self.span.get() != id {
            return false;
        }
        self.span.set(parent);
        self.ended.set(self.ended.get().wrapping_add(1));
        // For the parent, which may record the same error; see `failed_child`.
        if outcome == Outcome::Error {
            self.note_failed_child(id, parent);
        }
        let header = Header::new(EntryKind::Close, outcome_number(outcome), 0, 0);
        if is_newest {
            let newest_time = self.newest_time.get();
            let time = counter.raw();
            // One word if the ticks since the opening fit beside the outcome, else three.
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

    /// Writes an entry of the current span with one word, if the running scope may write to
    /// this span and the stage has room. Returns whether it did.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn put_own_word(&self, header: Header, word: u64) -> bool {
        let span = self.own_span();
        if span == 0 {
            return false;
        }
        let used = self.used.get();
        // As in `put_own_text`, without a text.
        if used > STAGE - 3 {
            return false;
        }
        self.put_word(used, header, span, word);
        true
    }

    /// Writes an entry of the current span with a short text. The running scope must be
    /// allowed to write to the span, the tracer must be plain, and the stage must have room.
    /// Returns whether it did.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn put_own_text(&self, header: Header, text: &str) -> bool {
        let span = self.own_span();
        if span == 0 || self.plain.get().is_none() {
            return false;
        }
        // Room for the long form of the entry: header, span and length.
        let Some(used) = self.room_for(3, text.len()) else {
            return false;
        };
        self.put_text(text.as_bytes());
        self.put_word(used, header, span, text.len() as u64);
        true
    }

    // These three functions are not inlined. So `LocalKey::with` is inlined around them, and
    // the block is not accessed through a function pointer. A function pointer, or arguments
    // in memory, would cost as much as all other work here.
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
        // The key comes first, because the reader takes the texts of an entry in this order.
        self.put_text(key.as_bytes());
        self.put_text(text.as_bytes());
        self.put_word(used, header, span, text.len() as u64);
        true
    }

    /// Writes an error of a span with its message, if there is room and times come from the
    /// counter.
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
