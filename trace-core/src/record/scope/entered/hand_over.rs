//! How entries of the running code leave the stage, and the scope.
//!
//! `write/` makes room by these functions. A tracer calls them before it flushes or ends, so
//! that what its own thread has recorded is included. Nothing here reaches other threads:
//! what their scopes keep is theirs until they hand it over.

use super::entered_scope::EnteredScope;
use super::on_thread::{ENTERED, with_recording};
use crate::record::scope::recording::Recording;
use crate::record::thread;
use crate::stream::Chunk;

/// Moves the thread's stage into the chunk of its scope. Afterwards the stage has room for
/// any entry.
#[cold]
pub(in crate::record) fn move_stage() {
    let moved = with_recording(Recording::make_room);
    if moved.is_none() {
        // No scope is recorded, which cannot happen. The callers rely on the room, so what
        // is staged is dropped.
        thread::drain(&mut Chunk::new());
    }
}

/// Appends texts to the chunk of the scope, after it has made room in the stage for the
/// entry of `words` words that refers to them, so that both get into the same chunk. The
/// texts are made already: the iterator must not run code of the application.
pub(in crate::record) fn push_texts<'a>(words: usize, texts: impl IntoIterator<Item = &'a str>) {
    with_recording(|recording| recording.push_texts(words, texts));
}

/// Counts the spans in the thread's stage, so that the counters of the tracer include them.
pub(crate) fn count_stage() {
    with_recording(Recording::take_stage);
}

/// Hands over what the scope of this thread has recorded so far.
pub(crate) fn hand_over() {
    with_recording(Recording::hand_over);
}

/// Hands over what the scope of this thread has recorded, if all its spans have ended. So
/// nobody sees children whose parent is not delivered yet.
#[cfg(feature = "testing")]
pub(crate) fn hand_over_ended() {
    with_recording(Recording::hand_over_ended);
}

/// Hands over what all scopes that are entered on this thread have recorded so far. The
/// process ends, and none of them continues.
#[cold]
pub(crate) fn hand_over_all() {
    ENTERED.with(|stack| {
        // It is borrowed if a signal's handler ends the process: what is entered is then in
        // the middle of a change, and is not handed over.
        let Ok(mut stack) = stack.try_borrow_mut() else {
            return;
        };
        // From the innermost on: what is staged is its own, and the first hand-over takes
        // everything that is staged.
        for at in (0..stack.scopes.depth()).rev() {
            let scope = stack.scopes.get_mut(at);
            let is_own = |scope: &&mut EnteredScope| {
                let tracer = scope.tracer();
                tracer.is_some_and(|tracer| !tracer.is_foreign())
            };
            // What belongs to the parent process is left alone: in the child of a `fork`
            // its queue may be locked for ever.
            let own = scope.filter(is_own);
            own.and_then(EnteredScope::recording_of_stage)
                .map(Recording::hand_over);
        }
    });
}
