//! What the worker takes, and how it waits.
//!
//! The worker never polls: it naps for a bounded number of delays while there may be more
//! work, and then sleeps until a thread wakes it. So an idle process does not wake up. What it
//! does with the work is in `delivery/worker.rs`.

use std::time::Duration;

use super::{BATCH_SPANS, Queue, Sleep, State, Work};
use crate::delivery::lost_pieces::LostPieces;
use crate::delivery::ticks::Tick;
use crate::diagnostics::SiteLoss;
use crate::diagnostics::stats::Counters;
use crate::process::clock::Deadline;
use crate::process::sync::{AtomicU64, MutexGuard, Unpoisoned};

/// How many naps without work come before the sleep. While the worker naps, no thread pays for
/// waking it, which helps a process that records now and then.
const MAX_NAPS: u32 = if cfg!(loom) { 1 } else { 10 };

impl Queue {
    /// Takes everything that waits, and does not wait for more.
    pub(crate) fn take_work(&self, work: &mut Work) {
        Self::take_work_from(&mut self.state(), work);
    }

    /// Waits for `delay` and then until something comes, and takes it. A whole batch, a
    /// half-full queue, a flush or a shutdown ends the wait early.
    ///
    /// If `idle` is given, returns after this time even if nothing came.
    ///
    /// Called by the worker's thread only: the ticks and [`Sleep`] have one writer that waits.
    pub(crate) fn wait_and_take(&self, delay: Duration, idle: Option<Duration>, work: &mut Work) {
        self.free_idle_chunks();
        let end = Deadline::after(idle.unwrap_or(Duration::MAX));
        let mut state = self.state();
        // From here on the worker waits, so scopes may rely on the ticks. After a close nobody
        // moves the ticks on.
        if !state.is_closed {
            self.ticks.restart();
        }
        let mut naps = 0;
        loop {
            state = self.nap(state, delay.min(end.remaining()));
            // Under the lock, so that a request in `ask_tick` is either seen here or finds the
            // worker asleep and wakes it.
            self.ticks.advance_if_requested();
            if state.has_work() || self.is_urgent(&state) || end.remaining().is_zero() {
                break;
            }
            naps += 1;
            if naps == MAX_NAPS {
                state = self.sleep(state, end);
                naps = 0;
            }
        }
        state.sleep = Sleep::Awake;
        // A collector may block the worker from here on, so scopes look at the clock.
        self.ticks.stop();
        Self::take_work_from(&mut state, work);
    }

    /// Whether the worker should read at once and not wait for the rest of its delay.
    fn is_urgent(&self, state: &State) -> bool {
        state.is_closed
            || state.is_hurried
            || state.flush.asked > state.flush.done
            || state.spans >= BATCH_SPANS
            || self.is_half_full(state)
    }

    /// Waits for `delay`. Meanwhile threads wake the worker only for something urgent: a
    /// wake-up costs a thread more than everything else that it does for a root.
    fn nap<'a>(&self, mut state: MutexGuard<'a, State>, delay: Duration) -> MutexGuard<'a, State> {
        state.sleep = Sleep::Batching;
        let woken = self
            .work
            .wait_timeout_while(state, delay, |state| !self.is_urgent(state));
        woken.unpoisoned().0
    }

    /// Waits until a thread wakes the worker, or until `end`. `sleep` is in the condition
    /// because a thread that wakes the worker has changed it to `Awake`.
    fn sleep<'a>(&self, mut state: MutexGuard<'a, State>, end: Deadline) -> MutexGuard<'a, State> {
        state.sleep = Sleep::Idle;
        let woken = self
            .work
            .wait_timeout_while(state, end.remaining(), |state| {
                state.sleep == Sleep::Idle && !self.is_urgent(state)
            });
        woken.unpoisoned().0
    }

    /// Asks the worker for the tick after `tick`. Returns the tick with which a scope compares
    /// the present one from now on; [`Tick::NONE`] if the ticks are stopped, so that the scope
    /// looks at the clock with each poll.
    pub(crate) fn ask_tick(&self, tick: Tick) -> Tick {
        if self.ticks.are_stopped() {
            return Tick::NONE;
        }
        // Only the first request for a tick takes the lock. A napping worker moves the ticks on
        // by itself; a sleeping one has to be woken.
        if self.ticks.request_next() {
            let mut state = self.state();
            let is_idle = state.sleep == Sleep::Idle;
            if is_idle {
                state.sleep = Sleep::Awake;
            }
            drop(state);
            if is_idle {
                self.work.notify_one();
            }
        }
        tick
    }

    /// Moves everything that waits into `work`, whose lists are empty, and counts its spans as
    /// the worker's. Also used to give up what waits.
    pub(super) fn take_work_from(state: &mut State, work: &mut Work) {
        state.spans = 0;
        (state.is_hurried, state.is_reading) = (false, true);
        state.ledger.take();
        std::mem::swap(&mut state.chunks.waiting, &mut work.chunks);
        std::mem::swap(&mut state.opened, &mut work.opened);
        std::mem::swap(&mut state.ended, &mut work.ended);
        work.lost = Some(state.lost.take_all());
        // Taken together with the chunks: the flush covers exactly these and earlier ones.
        let flush = &state.flush;
        work.flush = flush
            .deadline
            .filter(|_| flush.asked > flush.done)
            .map(|deadline| (flush.asked, deadline));
        work.is_last = state.is_closed;
    }

    /// Takes the record of pieces that found no room or came too late. For the shutdown, after
    /// the last [`Work`].
    pub(in crate::delivery) fn take_lost(&self) -> LostPieces {
        self.state().lost.take_all()
    }

    /// Frees most empty chunks, if nothing waits.
    pub(crate) fn free_idle_chunks(&self) {
        // The lock is released at the end of this statement, before the chunks are dropped.
        let freed = self.state().chunks.take_idle();
        drop(freed);
    }

    /// Counts spans that the worker has taken and now drops. `sites` has the number of the site
    /// of each span.
    pub(in crate::delivery) fn count_dropped(
        &self,
        counter: &AtomicU64,
        sites: &[u32],
        reason: SiteLoss,
    ) {
        if sites.is_empty() {
            return;
        }
        let spans = sites.len() as u64;
        // Both counts under one lock: the span is always in one of them, and never in both.
        let mut state = self.state();
        state.ledger.leave(spans);
        Counters::add(counter, spans);
        drop(state);
        let sites = sites.iter().map(|site| (*site, 1));
        self.chart.drop_numbers(sites, reason);
    }

    /// Records that the worker has read everything that it took, and how many spans and open
    /// parts of traces it keeps for later. The ledger takes this number as it is and does not
    /// compute it, so a span that the worker loses without a count shows in the sums.
    pub(in crate::delivery) fn note_held(&self, spans: u64, open_parts: usize) {
        let mut state = self.state();
        state.ledger.hold(spans);
        (state.is_reading, state.open_parts) = (false, open_parts);
    }

    /// Whether something waits for the worker.
    pub(crate) fn has_work(&self) -> bool {
        self.state().has_work()
    }

    /// Returns how many spans have begun, if no recorded trace is open or the queue is closed.
    /// Otherwise returns `None`, and has the worker read at once what waits, because that may
    /// end some traces.
    pub(crate) fn idle(&self) -> Option<u64> {
        let mut state = self.state();
        let stats = self.counters.stats(&state.ledger);
        // `open_parts` is only current if the worker has nothing left to read.
        let is_read = !state.has_work() && !state.is_reading;
        let is_idle = is_read && stats.open == 0 && state.open_parts == 0;
        if state.is_closed || is_idle {
            return Some(stats.started);
        }
        if state.has_work() {
            state.is_hurried = true;
            state.sleep = Sleep::Awake;
            drop(state);
            self.work.notify_one();
        }
        None
    }
}
