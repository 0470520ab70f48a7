//! Moves entries of the running code out of the stage, and hands them over.
//!
//! `write/` makes room with these functions. A tracer calls them before it flushes or ends, so
//! that the entries of the calling thread are included. Entries that scopes on other threads
//! keep are not affected.

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
        // No scope is recorded, which cannot happen. The callers rely on the room, so the
        // staged entries are dropped.
        thread::drain(&mut Chunk::new());
    }
}

/// Appends texts to the chunk of the scope. First makes room in the stage for their entry of
/// `words` words, so that both get into the same chunk. The iterator must not run code of the
/// application.
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

/// Hands over what the scope of this thread has recorded, if all its spans have ended. So a
/// reader never sees children whose parent is not delivered yet.
#[cfg(feature = "testing")]
pub(crate) fn hand_over_ended() {
    with_recording(Recording::hand_over_ended);
}

/// Hands over what all entered scopes of this thread have recorded so far. Called when the
/// process ends.
#[cold]
pub(crate) fn hand_over_all() {
    ENTERED.with(|stack| {
        // The stack is borrowed if a signal handler ends the process. It may then be in the
        // middle of a change, so nothing is handed over.
        let Ok(mut stack) = stack.try_borrow_mut() else {
            return;
        };
        // The innermost scope comes first, because the stage is its own, and the first
        // hand-over takes the whole stage.
        for at in (0..stack.scopes.depth()).rev() {
            let scope = stack.scopes.get_mut(at);
            let is_own = |scope: &&mut EnteredScope| {
                let tracer = scope.tracer();
                tracer.is_some_and(|tracer| !tracer.is_foreign())
            };
            // Scopes of the parent process are left alone. In the child of a `fork` their
            // queue may be locked forever.
            let own = scope.filter(is_own);
            own.and_then(EnteredScope::recording_of_stage)
                .map(Recording::hand_over);
        }
    });
}
