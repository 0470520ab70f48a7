//! Gives work to the worker, and lets it wait.
//!
//! The worker never polls. It naps for a limited number of delays while there may be more
//! work, and then sleeps until a thread wakes it. So an idle process does not wake up.
//! `delivery/worker.rs` processes the work.

use std::time::Duration;

use super::{BATCH_SPANS, Queue, Sleep, State, Work};
use crate::delivery::lost_pieces::LostPieces;
use crate::delivery::ticks::Tick;
use crate::diagnostics::SiteLoss;
use crate::diagnostics::stats::Counters;
use crate::process::clock::Deadline;
use crate::process::sync::{AtomicU64, MutexGuard, Unpoisoned};

/// The number of naps without work before the worker sleeps. While it naps, no thread has to
/// wake it, which helps a process that records occasionally.
const MAX_NAPS: u32 = if cfg!(loom) { 1 } else { 10 };

impl Queue {
    /// Takes all waiting work, and does not wait for more.
    pub(crate) fn take_work(&self, work: &mut Work) {
        Self::take_work_from(&mut self.state(), work);
    }

    /// Waits for `delay`, and then until there is work, and takes it. A whole batch, a
    /// half-full queue, a flush or a shutdown ends the wait early.
    ///
    /// If `idle` is given, returns after this time even if there is no work.
    ///
    /// Called by the worker's thread only: the ticks and [`Sleep`] have one writer that waits.
    pub(crate) fn wait_and_take(&self, delay: Duration, idle: Option<Duration>, work: &mut Work) {
        self.free_idle_chunks();
        let end = Deadline::after(idle.unwrap_or(Duration::MAX));
        let mut state = self.state();
        // The worker waits now, so scopes can rely on the ticks. After a close no thread
        // advances the ticks.
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
        // A collector may block the worker now, so scopes must read the clock.
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

    /// Waits for `delay`. Meanwhile threads wake the worker only for urgent work, because a
    /// wake-up costs a thread more than all other work for a root.
    fn nap<'a>(&self, mut state: MutexGuard<'a, State>, delay: Duration) -> MutexGuard<'a, State> {
        state.sleep = Sleep::Batching;
        let woken = self
            .work
            .wait_timeout_while(state, delay, |state| !self.is_urgent(state));
        woken.unpoisoned().0
    }

    /// Waits until a thread wakes the worker, or until `end`. The condition checks `sleep`,
    /// which a thread that wakes the worker sets to `Awake`.
    fn sleep<'a>(&self, mut state: MutexGuard<'a, State>, end: Deadline) -> MutexGuard<'a, State> {
        state.sleep = Sleep::Idle;
        let woken = self
            .work
            .wait_timeout_while(state, end.remaining(), |state| {
                state.sleep == Sleep::Idle && !self.is_urgent(state)
            });
        woken.unpoisoned().0
    }

    /// Asks the worker for the tick after `tick`. Returns the tick with which the scope
    /// compares the present one from now on. Returns [`Tick::NONE`] if the ticks are stopped,
    /// so that the scope reads the clock at each poll.
    pub(crate) fn ask_tick(&self, tick: Tick) -> Tick {
        if self.ticks.are_stopped() {
            return Tick::NONE;
        }
        // Only the first request for a tick takes the lock. A napping worker advances the
        // ticks itself. A sleeping worker has to be woken.
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

    /// Moves all waiting work into `work`, whose lists are empty, and counts its spans as the
    /// worker's. Also used to give up waiting work.
    pub(super) fn take_work_from(state: &mut State, work: &mut Work) {
        state.spans = 0;
        (state.is_hurried, state.is_reading) = (false, true);
        state.ledger.take();
        std::mem::swap(&mut state.chunks.waiting, &mut work.chunks);
        std::mem::swap(&mut state.opened, &mut work.opened);
        std::mem::swap(&mut state.ended, &mut work.ended);
        work.lost = Some(state.lost.take_all());
        // Taken together with the chunks, because the flush covers exactly these and earlier
        // chunks.
        let flush = &state.flush;
        work.flush = flush
            .deadline
            .filter(|_| flush.asked > flush.done)
            .map(|deadline| (flush.asked, deadline));
        work.is_last = state.is_closed;
    }

    /// Takes the record of pieces that were refused or came too late. Used by the shutdown,
    /// after the last [`Work`].
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
        // Both counts change under one lock, so that a span is always in exactly one of them.
        let mut state = self.state();
        state.ledger.leave(spans);
        Counters::add(counter, spans);
        drop(state);
        let sites = sites.iter().map(|site| (*site, 1));
        self.chart.drop_numbers(sites, reason);
    }

    /// Records that the worker has read all its work, and how many spans and open parts of
    /// traces it keeps for later. The ledger uses the number of spans without computing it, so
    /// a span that the worker loses without counting it shows up in the sums.
    pub(in crate::delivery) fn note_held(&self, spans: u64, open_parts: usize) {
        let mut state = self.state();
        state.ledger.hold(spans);
        (state.is_reading, state.open_parts) = (false, open_parts);
    }

    /// Whether there is work for the worker.
    pub(crate) fn has_work(&self) -> bool {
        self.state().has_work()
    }

    /// Returns how many spans have begun, if no recorded trace is open or the queue is closed.
    /// Otherwise returns `None`, and makes the worker read the waiting work at once, because
    /// it may contain the ends of traces.
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
