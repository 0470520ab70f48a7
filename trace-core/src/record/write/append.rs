//! Appends entries to the stage, and makes room for them.
//!
//! A full stage is moved into the chunk of the running scope, so this file uses the stack of
//! scopes. This is why it is not beside the stage, in `thread/`. It does not know the meaning
//! of entries.

use crate::record::scope::entered;
use crate::record::thread::{self, MAX_STAGED_TEXT, STAGE, TEXT_STAGE, plain, set_span};
use crate::stream::Header;

/// Writes the opening of a span with a new id as a child of the current one, and makes it the
/// current one. Returns the id and the parent.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn open(header: u64) -> (u64, u64) {
    // For a plain tracer, the block has all that is needed. Another tracer may have its own
    // ids or clock. Both are requested together, because finding the scope costs more than
    // either.
    let (id, time) = match plain() {
        Some(counter) => (thread::draw_id(), counter.raw()),
        None => entered::number_and_time(),
    };
    (id, begin(header, id, time))
}

/// Writes the opening of a span with a given id, for a root whose context was known before it
/// began. Makes it the current one, and returns the parent.
pub(super) fn open_as(header: u64, id: u64) -> u64 {
    begin(header, id, now())
}

/// Writes the opening of a span with a new id below `parent`, and makes the new span the
/// current one. `parent` need not be the current span. Returns its id and the span that was
/// current.
pub(super) fn open_below(header: u64, parent: u64) -> (u64, u64) {
    // The opening uses the current span as the parent, and the new span becomes current. So
    // `parent` is current only for a moment.
    let current = set_span(parent);
    let (id, _) = open(header);
    (id, current)
}

/// Writes the opening of a span, and makes it the current one; returns the parent.
#[cfg_attr(not(debug_assertions), inline(always))]
fn begin(header: u64, id: u64, time: u64) -> u64 {
    let parent = set_span(id);
    push([header, id, parent, time]);
    // This comes after the words, because making room for them may begin another piece. The
    // span is the newest one of the piece that has its opening.
    thread::note_opening(id, time);
    parent
}

/// Writes the end of a span now, and makes `parent` the current one again.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn close(header: Header, id: u64, parent: u64) {
    end(header, id, now());
    set_span(parent);
}

/// Writes the end of a span at a given reading of the clock. Does not change the current span.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn end(header: Header, id: u64, time: u64) {
    // This reserves room for the long form, because moving the stage may forget the newest
    // span. Only after that is it known whether the short form suffices.
    let used = make_room(3);
    thread::put_end(used, header, id, time);
}

/// Writes an entry of a span with one word.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn push_word(header: Header, span: u64, word: u64) {
    let used = make_room(3);
    thread::put_word(used, header, span, word);
}

/// Makes room for an entry with this many words and bytes of text. Returns false if its texts
/// are too long for the stage and have to go to the chunk.
#[inline]
pub(super) fn has_room_for(words: usize, bytes: usize) -> bool {
    if bytes > MAX_STAGED_TEXT {
        return false;
    }
    // Both are checked together, so that words and texts of one entry get into the same chunk.
    if thread::used_words() > STAGE - words || thread::used_text() > TEXT_STAGE - bytes {
        entered::move_stage();
    }
    true
}

/// Reads the clock of the tracer that records here. The worker converts the reading to a time.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn now() -> u64 {
    match plain() {
        Some(counter) => counter.raw(),
        None => entered::now(),
    }
}

/// Appends the words of one entry to the stage. Its texts, if any, were already stored.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn push<const WORDS: usize>(words: [u64; WORDS]) {
    let used = make_room(WORDS);
    thread::put(used, words);
}

/// Makes room for this many words; returns how many are in use.
#[cfg_attr(not(debug_assertions), inline(always))]
fn make_room(words: usize) -> usize {
    let used = thread::used_words();
    if used > STAGE - words {
        // The stage is empty after this in any case.
        entered::move_stage();
        return 0;
    }
    used
}
