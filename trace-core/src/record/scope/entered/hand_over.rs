//! How what the running code has recorded leaves the stage, and its scope.
//!
//! These are the doors through which `write/` makes room, and through which a tracer asks
//! for what its own thread has recorded before it flushes.

use super::entered_scope::EnteredScope;
use super::on_thread::{ENTERED, with_recording};
use crate::record::scope::recording::Recording;
use crate::record::thread;
use crate::stream::Chunk;

/// Moves the thread's stage into the chunk of its scope.
#[cold]
pub(in crate::record) fn move_stage() {
    let moved = with_recording(Recording::make_room);
    if moved.is_none() {
        // Nobody is recorded: cannot happen, and the stage must have room.
        thread::drain(&mut Chunk::new());
    }
}

/// Appends texts to the chunk of the scope, after making room for the entry of
/// `words` words that speaks of them, so that both get into the same chunk.
pub(in crate::record) fn push_texts<'a>(words: usize, texts: impl IntoIterator<Item = &'a str>) {
    with_recording(|recording| recording.push_texts(words, texts));
}

/// Counts the spans of the thread's stage, so that the counters know them.
pub(crate) fn count_stage() {
    with_recording(Recording::take_stage);
}

/// Hands over what the scope of this thread has recorded so far.
pub(crate) fn hand_over() {
    with_recording(Recording::hand_over);
}

/// Hands over what the scope of this thread has recorded, if all its spans have
/// ended: so nobody sees children whose parent is still to come.
#[cfg(feature = "testing")]
pub(crate) fn hand_over_ended() {
    with_recording(Recording::hand_over_ended);
}

/// Hands over what all scopes that are entered on this thread have recorded so far: it ends
/// the process, and none of them goes on.
#[cold]
pub(crate) fn hand_over_all() {
    ENTERED.with(|stack| {
        // It is borrowed if the process is ended by the handler of a signal.
        let Ok(mut stack) = stack.try_borrow_mut() else {
            return;
        };
        // The innermost first, as the stage is that scope's.
        for at in (0..stack.scopes.depth()).rev() {
            let scope = stack.scopes.get_mut(at);
            let is_own = |scope: &&mut EnteredScope| {
                let tracer = scope.tracer();
                tracer.is_some_and(|tracer| !tracer.is_foreign())
            };
            let own = scope.filter(is_own);
            own.and_then(EnteredScope::recording_of_stage)
                .map(Recording::hand_over);
        }
    });
}
