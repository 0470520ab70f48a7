//! Appends entries to the stage, and makes room for them.
//!
//! If the stage is full, it is moved into the chunk of the running scope; so this is
//! above the stack of scopes. What the entries say is the business of the callers.

use crate::record::scope::entered;
use crate::record::thread::{self, MAX_STAGED_TEXT, STAGE, TEXT_STAGE, plain, set_span};
use crate::stream::Header;

/// Writes the opening of a span with a new id as a child of the current one, and
/// makes it the current one. Returns the id and the parent.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn open(header: u64) -> (u64, u64) {
    let (id, time) = match plain() {
        Some(counter) => (thread::draw_id(), counter.raw()),
        None => entered::number_and_time(),
    };
    (id, begin(header, id, time))
}

/// Writes the opening of a span whose id is given; returns the parent.
pub(super) fn open_as(header: u64, id: u64) -> u64 {
    begin(header, id, now())
}

/// Writes the opening of a span with a new id below another one than the current one, and
/// makes it the current one. Returns the id and the span that was current.
pub(super) fn open_below(header: u64, parent: u64) -> (u64, u64) {
    let current = set_span(parent);
    let (id, _) = open(header);
    (id, current)
}

/// Writes the opening of a span, and makes it the current one; returns the parent.
#[cfg_attr(not(debug_assertions), inline(always))]
fn begin(header: u64, id: u64, time: u64) -> u64 {
    let parent = set_span(id);
    push([header, id, parent, time]);
    // After the words, so that this is of the piece and the chunk that they get into.
    thread::note_opening(id, time);
    parent
}

/// Writes the end of a span and makes `parent` the current one again.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn close(header: Header, id: u64, parent: u64) {
    end(header, id, now());
    set_span(parent);
}

/// Writes the end of a span at a given time.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn end(header: Header, id: u64, time: u64) {
    let used = make_room(3);
    thread::put_end(used, header, id, time);
}

/// Writes an entry of a span that has one word.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn push_word(header: Header, span: u64, word: u64) {
    let used = make_room(3);
    thread::put_word(used, header, span, word);
}

/// Makes room for an entry of so many words and so many bytes of text; returns whether
/// the stage can take it at all.
#[inline]
pub(super) fn has_room_for(words: usize, bytes: usize) -> bool {
    if bytes > MAX_STAGED_TEXT {
        return false;
    }
    if thread::used_words() > STAGE - words || thread::used_text() > TEXT_STAGE - bytes {
        entered::move_stage();
    }
    true
}

/// Reads the clock of the tracer that records here.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn now() -> u64 {
    match plain() {
        Some(counter) => counter.raw(),
        None => entered::now(),
    }
}

/// Appends the words of one entry to the stage.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn push<const WORDS: usize>(words: [u64; WORDS]) {
    let used = make_room(WORDS);
    thread::put(used, words);
}

/// Makes room for so many words; returns how many are in use.
#[cfg_attr(not(debug_assertions), inline(always))]
fn make_room(words: usize) -> usize {
    let used = thread::used_words();
    if used > STAGE - words {
        entered::move_stage();
        return 0;
    }
    used
}
