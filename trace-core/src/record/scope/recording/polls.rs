//! The work of a scope at the beginning and end of a poll.
//!
//! Most polls record nothing, and then most of this code is not called; see
//! `Recording::can_rest`. A scope may live for days, so its entries are handed over after the
//! scheduled delay. To check this, it reads the tick, and reads the clock only if the tick has
//! changed.

use super::recording::Recording;
use crate::delivery::Tick;
use crate::process::clock::{between, raw_counter};
use crate::record::thread;

impl Recording {
    /// Tells the home that the scope's code runs. From now on ends of moved spans are left
    /// with the home, because this code may write entries that have to be read before such an
    /// end.
    #[inline]
    pub(in crate::record) fn begin_poll(&self) {
        if let Some(home) = self.0.home() {
            home.set_busy();
        }
    }

    /// Moves the thread's stage into the chunk at the end of a poll. Hands over the chunk if
    /// an entry has waited in it for the scheduled delay.
    #[inline]
    pub(in crate::record) fn end_poll(&mut self) {
        if !thread::is_stage_empty() {
            self.take_stage();
            self.hand_over_if_full();
        }
        self.look_at_time();
        // This comes last, because the home may rest only if the chunk is empty.
        if self.0.home().is_some() {
            self.write_ends_and_rest();
        }
    }

    /// Leaves the scope while another one is entered above it. Its stage was moved when the
    /// other scope was entered.
    pub(in crate::record) fn leave_while_suspended(&mut self) {
        self.write_ends_and_rest();
    }

    /// Writes and hands over the ends of spans that were left with the home. If the scope
    /// keeps nothing, lets the home rest. Otherwise the home stays busy while the scope
    /// sleeps, because later ends must be read after the kept entries.
    fn write_ends_and_rest(&mut self) {
        if self.0.home().is_some_and(|home| home.has_ends()) {
            self.hand_over();
        }
        while !self.has_recorded()
            && let Some(home) = self.0.home()
            // An end arrived after the check above. It found a busy home and was left here, so
            // it has to be written before the scope sleeps. Each iteration needs another
            // thread that ends a span at this moment, so there are few.
            && home.set_resting()
        {
            home.set_busy();
            self.hand_over();
        }
    }

    /// Like [`end_poll`](Self::end_poll), for a scope whose code waits until a scope above it
    /// is left. Its home does not rest, because its code continues.
    pub(in crate::record) fn end_poll_suspended(&mut self) {
        self.take_stage();
        self.look_at_time();
    }

    /// Hands over entries that have waited too long. If the scope keeps nothing, gives back a
    /// large chunk.
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

    /// Hands over if an entry has waited for the scheduled delay. Otherwise requests another
    /// tick.
    #[inline(never)]
    fn look_at_clock(&mut self, tick: Tick) {
        // This reads the counter and not the tracer's clock, because the delay uses real time
        // even if a test sets the clock by hand.
        let now = raw_counter();
        // This is the first poll that keeps an entry. The delay begins here.
        if self.0.since == 0 {
            self.0.since = now;
            // The scope may now sleep, so it keeps no more memory than it needs.
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
