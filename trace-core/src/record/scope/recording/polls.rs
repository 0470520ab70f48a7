//! What a scope does when its code begins to run, and when a poll ends.
//!
//! Most polls record nothing, and then most of this is not called: see
//! `Recording::can_rest`. A scope may live for days, so what it keeps is handed over after
//! the scheduled delay. Whether it is time is read from the tick, and from the clock only if
//! the tick has moved.

use super::recording::Recording;
use crate::delivery::Tick;
use crate::process::clock::{between, raw_counter};
use crate::record::thread;

impl Recording {
    /// Tells the home that the scope's code runs. From here on ends of moved spans are left
    /// with the home: this code may say something that has to be read before such an end.
    #[inline]
    pub(in crate::record) fn begin_poll(&self) {
        if let Some(home) = self.0.home() {
            home.set_busy();
        }
    }

    /// Moves the thread's stage into the chunk at the end of a poll, and hands the chunk over
    /// if something has waited in it for the scheduled delay.
    #[inline]
    pub(in crate::record) fn end_poll(&mut self) {
        if !thread::is_stage_empty() {
            self.take_stage();
            self.hand_over_if_full();
        }
        self.look_at_time();
        // Last: the home may rest only if nothing is left in the chunk.
        if self.0.home().is_some() {
            self.write_ends_and_rest();
        }
    }

    /// Leaves the scope while another one is entered above it. Its stage was moved when that
    /// one was entered.
    pub(in crate::record) fn leave_while_suspended(&mut self) {
        self.write_ends_and_rest();
    }

    /// Writes and hands over the ends of spans that were left with the home, and lets the
    /// home rest if nothing is kept. If something is kept, the home stays busy while the
    /// scope sleeps: an end that came now must be read after that.
    fn write_ends_and_rest(&mut self) {
        if self.0.home().is_some_and(|home| home.has_ends()) {
            self.hand_over();
        }
        while !self.has_recorded()
            && let Some(home) = self.0.home()
            // An end came between the check above and this. It saw a busy home and was left
            // here, so it has to be written before the scope sleeps. Each round needs
            // another thread that ends a span in this moment, so there are few.
            && home.set_resting()
        {
            home.set_busy();
            self.hand_over();
        }
    }

    /// The same as [`end_poll`](Self::end_poll), for a scope whose code waits until another
    /// scope is left above it. Its home does not rest, as its code continues.
    pub(in crate::record) fn end_poll_suspended(&mut self) {
        self.take_stage();
        self.look_at_time();
    }

    /// Hands over what has waited for long. If nothing is kept, gives a large chunk back.
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

    /// Hands over if something has waited for the scheduled delay. If not, asks for another
    /// tick.
    #[inline(never)]
    fn look_at_clock(&mut self, tick: Tick) {
        // The counter and not the tracer's clock: the delay is real time also where a test
        // moves a clock by hand.
        let now = raw_counter();
        // The first poll that keeps something: the delay begins here.
        if self.0.since == 0 {
            self.0.since = now;
            // The scope may sleep from now on, so it keeps no more memory than it needs.
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
