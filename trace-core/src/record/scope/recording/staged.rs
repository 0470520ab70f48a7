//! How the thread's stage is moved into the chunk of its scope.
//!
//! The counts go along: how many spans were opened, and how many more than were ended.
//! Spans are counted as started when their words are moved, before they can be counted
//! anywhere else.

use super::recording::Recording;
use crate::record::thread;

impl Recording {
    /// Moves the thread's stage into the chunk.
    pub(in crate::record) fn take_stage(&mut self) {
        if !thread::is_stage_empty() {
            self.drain_stage();
        }
        let started = std::mem::take(&mut self.0.uncounted);
        if started > 0 {
            self.0.tracer.queue.counters.start(started.into());
        }
    }

    /// Moves the stage without counting its spans, which the caller does.
    #[inline]
    pub(super) fn drain_stage(&mut self) {
        let (words, _) = thread::staged_sizes();
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
