//! Moves the thread's stage into the chunk of its scope.
//!
//! The counts are moved with the words: the number of opened spans, and the difference between
//! opened and ended ones. Spans are counted as started when their words are moved, which is
//! before they can be counted anywhere else.

use super::recording::Recording;
use crate::record::thread;

impl Recording {
    /// Moves the thread's stage into the chunk. The stage must belong to this scope. It does
    /// not record its owner, because only the running scope writes to it.
    pub(in crate::record) fn take_stage(&mut self) {
        if !thread::is_stage_empty() {
            self.drain_stage();
        }
        // Includes spans that `drain_stage` has moved without counting them.
        let started = std::mem::take(&mut self.0.uncounted);
        if started > 0 {
            self.0.tracer.queue.counters.start(started.into());
        }
    }

    /// Moves the stage without counting its spans. The caller counts them, or the queue does
    /// when the chunk is handed over next, under the lock that it takes anyway.
    #[inline]
    pub(super) fn drain_stage(&mut self) {
        let (words, _) = thread::staged_sizes();
        // This comes before the words are moved, so that a piece that is no longer short gets
        // its beginning before its content.
        if words > 0 {
            self.0.make_room(words);
        }
        let stream = &mut *self.0;
        let staged = thread::drain(&mut stream.chunk);
        stream.chunk.opened += u64::from(staged.opened);
        stream.strays += i64::from(staged.strays());
        stream.uncounted += staged.opened;
    }
}
