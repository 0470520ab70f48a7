//! How the thread's stage is moved into the chunk of its scope.
//!
//! The counts are moved with the words: how many spans were opened, and how many more were
//! opened than ended. Spans are counted as started when their words are moved, and so before
//! they can be counted anywhere else.

use super::recording::Recording;
use crate::record::thread;

impl Recording {
    /// Moves the thread's stage into the chunk. The stage must belong to this scope: its
    /// owner is not noted, as only the running scope writes to it.
    pub(in crate::record) fn take_stage(&mut self) {
        if !thread::is_stage_empty() {
            self.drain_stage();
        }
        // Also spans that `drain_stage` has moved before without counting them.
        let started = std::mem::take(&mut self.0.uncounted);
        if started > 0 {
            self.0.tracer.queue.counters.start(started.into());
        }
    }

    /// Moves the stage without counting its spans, which the caller does: where the chunk is
    /// handed over next, the queue counts them under the lock that it takes anyway.
    #[inline]
    pub(super) fn drain_stage(&mut self) {
        let (words, _) = thread::staged_sizes();
        // Before the words are moved, so that a piece that is no longer short begins
        // before its content.
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
