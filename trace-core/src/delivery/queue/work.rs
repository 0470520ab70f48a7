//! What the worker takes, and how it waits.

use std::time::Duration;

use super::{BATCH_SPANS, Queue, Sleep, State, Work};
use crate::delivery::lost_pieces::LostPieces;
use crate::delivery::ticks::Tick;
use crate::diagnostics::SiteLoss;
use crate::diagnostics::stats::Counters;
use crate::process::clock::Deadline;
use crate::process::sync::{AtomicU64, MutexGuard, Unpoisoned};

/// Naps without work after which the worker sleeps. In a process that records now and then,
/// no thread has to wake it.
const MAX_NAPS: u32 = if cfg!(loom) { 1 } else { 10 };

impl Queue {
    /// Takes everything that waits, without a wait of its own.
    pub(crate) fn take(&self, work: &mut Work) {
        Self::take_from(&mut self.state(), work);
    }

    /// Waits for `delay`, then until something comes, and takes it. A whole batch, a flush or
    /// a shutdown ends the wait early.
    ///
    /// If `idle` is given, returns after it even with nothing.
    pub(crate) fn wait_and_take(&self, delay: Duration, idle: Option<Duration>, work: &mut Work) {
        self.trim();
        let end = Deadline::after(idle.unwrap_or(Duration::MAX));
        let mut state = self.state();
        if !state.is_closed {
            self.ticks.go_on();
        }
        let mut naps = 0;
        loop {
            state = self.nap(state, delay.min(end.remaining()));
            self.ticks.tick();
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
        self.ticks.stop();
        Self::take_from(&mut state, work);
    }

    /// Whether the worker should read at once.
    fn is_urgent(&self, state: &State) -> bool {
        state.is_closed
            || state.is_hurried
            || state.flush.asked > state.flush.done
            || state.spans >= BATCH_SPANS
            || self.is_half_full(state)
    }

    /// Waits for `delay`. Meanwhile threads wake the worker only for a whole batch: a wake-up
    /// costs them more than all else that they do for a root.
    fn nap<'a>(&self, mut state: MutexGuard<'a, State>, delay: Duration) -> MutexGuard<'a, State> {
        state.sleep = Sleep::Batching;
        let woken = self
            .work
            .wait_timeout_while(state, delay, |state| !self.is_urgent(state));
        woken.unpoisoned().0
    }

    /// Waits until a thread wakes the worker, or until `end`.
    fn sleep<'a>(&self, mut state: MutexGuard<'a, State>, end: Deadline) -> MutexGuard<'a, State> {
        state.sleep = Sleep::Idle;
        let woken = self
            .work
            .wait_timeout_while(state, end.remaining(), |state| {
                state.sleep == Sleep::Idle && !self.is_urgent(state)
            });
        woken.unpoisoned().0
    }

    /// Asks the worker for the next tick. Returns the tick for a scope to compare with until
    /// then.
    pub(crate) fn ask_tick(&self, tick: Tick) -> Tick {
        if self.ticks.are_stopped() {
            return Tick::NONE;
        }
        if self.ticks.ask() {
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

    pub(super) fn take_from(state: &mut State, work: &mut Work) {
        state.spans = 0;
        (state.is_hurried, state.is_reading) = (false, true);
        state.ledger.take();
        std::mem::swap(&mut state.chunks.waiting, &mut work.chunks);
        std::mem::swap(&mut state.opened, &mut work.opened);
        std::mem::swap(&mut state.ended, &mut work.ended);
        work.lost = Some(state.lost.take());
        let flush = &state.flush;
        work.flush = flush
            .deadline
            .filter(|_| flush.asked > flush.done)
            .map(|deadline| (flush.asked, deadline));
        work.is_last = state.is_closed;
    }

    /// Takes the record of pieces that found no room or came too late.
    pub(in crate::delivery) fn take_lost(&self) -> LostPieces {
        self.state().lost.take()
    }

    /// Frees most empty chunks, if nothing waits.
    pub(crate) fn trim(&self) {
        let freed = self.state().chunks.trim();
        drop(freed);
    }

    /// Counts spans that were taken and are dropped now, by the numbers of their sites.
    pub(in crate::delivery) fn leave(&self, counter: &AtomicU64, sites: &[u32], reason: SiteLoss) {
        if sites.is_empty() {
            return;
        }
        let spans = sites.len() as u64;
        let mut state = self.state();
        state.ledger.leave(spans);
        Counters::add(counter, spans);
        drop(state);
        let sites = sites.iter().map(|site| (*site, 1));
        self.chart.drop_numbers(sites, reason);
    }

    /// Records that the worker has read all that it took, and how many spans and open parts
    /// of traces it keeps.
    pub(in crate::delivery) fn hold(&self, spans: u64, open_parts: usize) {
        let mut state = self.state();
        state.ledger.hold(spans);
        (state.is_reading, state.open_parts) = (false, open_parts);
    }

    /// Whether something waits for the worker.
    pub(crate) fn has_work(&self) -> bool {
        self.state().has_work()
    }

    /// Returns how many spans have begun, if no recorded trace is open. Otherwise makes the
    /// worker read at once what waits, which may end some traces.
    pub(crate) fn idle(&self) -> Option<u64> {
        let mut state = self.state();
        let stats = self.counters.stats(&state.ledger);
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
