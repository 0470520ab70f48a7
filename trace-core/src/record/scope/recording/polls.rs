//! What a scope does when its code begins to run, and when a poll ends.
//!
//! Most polls record nothing, and then most of this is not even called: see
//! `Recording::can_rest`. A scope may live for days, so what it keeps is handed over
//! after the scheduled delay; whether it is time is asked of the tick, and of the clock
//! only if that has moved.

use super::recording::Recording;
use crate::delivery::Tick;
use crate::process::clock::{between, raw_counter};
use crate::record::thread;

impl Recording {
    /// Says that the scope's code runs.
    #[inline]
    pub(in crate::record) fn begin_poll(&self) {
        if let Some(home) = self.0.home() {
            home.set_busy();
        }
    }

    /// Moves the thread's stage into the chunk at the end of a poll, and hands that
    /// over if it has waited for long: a scope may live for days.
    #[inline]
    pub(in crate::record) fn end_poll(&mut self) {
        if !thread::is_stage_empty() {
            self.take_stage();
            self.hand_over_if_full();
        }
        self.look_at_time();
        if self.0.home().is_some() {
            self.write_ends_and_rest();
        }
    }

    /// Leaves the scope while another one is entered above it.
    pub(in crate::record) fn leave_while_suspended(&mut self) {
        self.write_ends_and_rest();
    }

    /// Writes and hands over the ends of spans that were left here, and says that
    /// nothing waits here, if that is so.
    fn write_ends_and_rest(&mut self) {
        if self.0.home().is_some_and(|home| home.has_ends()) {
            self.hand_over();
        }
        while !self.has_recorded()
            && let Some(home) = self.0.home()
            // An end came in the last moment, and was left here: it is written before the
            // scope sleeps.
            && home.set_resting()
        {
            home.set_busy();
            self.hand_over();
        }
    }

    /// The same as [`end_poll`](Self::end_poll), when the scope's code waits for that of
    /// another scope to return. The scope does not rest, as its code goes on.
    pub(in crate::record) fn end_poll_suspended(&mut self) {
        self.take_stage();
        self.look_at_time();
    }

    /// Hands over what has waited for long, and leaves what is not needed in a sleep.
    #[inline]
    fn look_at_time(&mut self) {
        if self.has_recorded() {
            let tick = self.0.tracer.queue.ticks.now();
            if self.0.tick != tick {
                self.look_at_clock(tick);
            }
        } else if self.0.has_large_chunk() {
            self.0.leave_large_chunk();
        }
    }

    /// Hands over if something has waited for the scheduled delay; else asks for another
    /// tick.
    #[inline(never)]
    fn look_at_clock(&mut self, tick: Tick) {
        let now = raw_counter();
        // The first poll that keeps something: the delay counts from here.
        if self.0.since == 0 {
            self.0.since = now;
            // It may sleep from now on.
            self.0.leave_large_chunk();
        }
        let stream = &mut *self.0;
        if between(stream.since, now) >= stream.tracer.scheduled_delay {
            self.hand_over();
            return self.0.leave_large_chunk();
        }
        stream.tick = stream.tracer.queue.ask_tick(tick);
    }
}
