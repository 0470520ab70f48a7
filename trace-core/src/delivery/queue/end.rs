//! Flushes and shutdowns: who asks, who has done it, and who waits.

use std::time::Duration;

use super::{Flush, Queue, Sleep, State, Work, renew_errors};
use crate::collector::CollectorError;
use crate::delivery::flush_report::{FlushReport, LateCollector};
use crate::delivery::lane::Lane;
use crate::delivery::untold::Untold;
use crate::diagnostics::stats::{Counters, Fate};
use crate::process::clock::Deadline;
use crate::process::sync::{Condvar, Unpoisoned};
use crate::stream::decode::{LossReason, PartReport};

impl Queue {
    /// Asks the worker for everything that is in the queue now; returns the number
    /// of the flush.
    pub(crate) fn ask_flush(&self, deadline: Deadline) -> u64 {
        let mut state = self.state();
        if state.is_closed {
            // The shutdown that runs does what is asked, in its own time: with a number that
            // is never done one waits for its end.
            return state.flush.asked + 1;
        }
        // Who asks for less time must not take it from who waits already.
        let waiting = state
            .flush
            .deadline
            .filter(|_| state.flush.asked > state.flush.done);
        state.flush.deadline = Some(waiting.map_or(deadline, |other| other.later(deadline)));
        state.flush.asked += 1;
        state.sleep = Sleep::Awake;
        let number = state.flush.asked;
        drop(state);
        self.work.notify_one();
        number
    }

    /// Asks the lanes to flush, behind what they have been given.
    pub(in crate::delivery) fn flush_lanes(&self, number: u64, deadline: Deadline) {
        let mut state = self.state();
        let lanes = state.lanes.iter_mut();
        for lane in lanes.filter(|lane| !lane.has_ended) {
            lane.ask_flush(number, deadline);
        }
        drop(state);
        self.lane_work.iter().for_each(Condvar::notify_one);
    }

    /// Says how a flush of the worker's own collectors ended.
    pub(in crate::delivery) fn finish_flush(&self, number: u64, errors: Vec<CollectorError>) {
        let mut state = self.state();
        state.flush.done = number;
        let Flush {
            errors: kept,
            are_told,
            ..
        } = &mut state.flush;
        let dropped_unlocked = renew_errors(kept, errors, are_told);
        drop(state);
        drop(dropped_unlocked);
        self.done.notify_all();
    }

    /// Says how a flush of a lane ended.
    pub(in crate::delivery) fn finish_lane_flush(
        &self,
        lane: usize,
        number: u64,
        error: Option<CollectorError>,
    ) {
        let errors = error.into_iter().collect();
        let mut state = self.state();
        let dropped_unlocked = state.lanes.get_mut(lane).map(|lane| {
            lane.flushed = lane.flushed.max(number);
            renew_errors(&mut lane.errors, errors, &mut lane.are_told)
        });
        drop(state);
        drop(dropped_unlocked);
        self.done.notify_all();
    }

    /// Waits for a flush, or for the end of a shutdown that runs.
    pub(crate) fn wait_flush(&self, number: u64, deadline: Deadline) -> FlushReport {
        let is_waiting = |state: &mut State| !state.has_flushed(number) && !state.is_stopped();
        let woken = self
            .done
            .wait_timeout_while(self.state(), deadline.remaining(), is_waiting);
        let mut state = woken.unpoisoned().0;
        let is_worker_done = state.flush.done >= number;
        self.report(&mut state, |lane| lane.has_flushed(number), is_worker_done)
    }

    /// What was done and what was not.
    fn report(
        &self,
        state: &mut State,
        is_done: impl Fn(&Lane) -> bool,
        is_worker_done: bool,
    ) -> FlushReport {
        let is_stopped = state.is_stopped();
        let stats = self.counters.stats(&state.ledger);
        let of_lanes = state.ledger.lanes();
        let lanes = state.lanes.iter().zip(&of_lanes);
        let is_alone = state.lanes.len() == 1;
        let late = lanes.filter(|(lane, of_lane)| {
            // As long as the worker has not come to ask the others, which one it is that
            // keeps it is known by what waits.
            let waits = of_lane.waiting > 0 || is_alone;
            let is_late = if lane.has_thread {
                !is_done(lane) && (is_worker_done || waits)
            } else {
                !is_worker_done && waits
            };
            !is_stopped && is_late
        });
        let late = late.map(|(_, of_lane)| LateCollector {
            name: of_lane.name.clone(),
            left: of_lane.waiting,
        });
        let late: Vec<LateCollector> = late.collect();
        let mut errors = state.lost_by_lanes();
        if state.is_closed {
            state.lost_at_end.append(&mut errors);
            errors.clone_from(&state.lost_at_end);
        }
        errors.extend_from_slice(&state.flush.errors);
        state.flush.are_told = is_worker_done;
        for lane in &mut state.lanes {
            errors.extend_from_slice(&lane.errors);
            lane.are_told |= is_done(lane);
        }
        let is_done = is_stopped || (is_worker_done && late.is_empty());
        FlushReport {
            is_complete: is_done && errors.is_empty(),
            left: stats.open + stats.waiting,
            lost: stats.lost(lost_by_collectors(&errors)),
            errors,
            late,
        }
    }

    /// The report of who has called the collectors itself.
    pub(crate) fn done_here(&self, mut errors: Vec<CollectorError>) -> FlushReport {
        errors.extend(self.state().lost_by_lanes());
        let stats = self.stats();
        FlushReport {
            is_complete: errors.is_empty(),
            left: stats.open + stats.waiting,
            lost: stats.lost(lost_by_collectors(&errors)),
            errors,
            ..FlushReport::nothing()
        }
    }

    /// Whether the worker and the lanes have ended.
    pub(crate) fn is_stopped(&self) -> bool {
        self.state().is_stopped()
    }

    /// What is left, of who does not wait.
    pub(crate) fn unfinished(&self) -> FlushReport {
        let stats = self.stats();
        FlushReport {
            is_complete: false,
            left: stats.open + stats.waiting,
            lost: stats.lost(0),
            ..FlushReport::nothing()
        }
    }

    /// Takes nothing more; the worker ends when it has taken what is there.
    pub(crate) fn close(&self, deadline: Deadline) {
        let mut state = self.state();
        let was_open = !std::mem::replace(&mut state.is_closed, true);
        // Who has less time must not take it from who waits already.
        let others = state.flush.deadline.filter(|_| !was_open);
        state.flush.deadline = Some(others.map_or(deadline, |other| other.later(deadline)));
        if was_open {
            // Threads may remember the tracer for long after.
            state.chunks.forget_free();
        }
        state.sleep = Sleep::Awake;
        drop(state);
        self.work.notify_one();
    }

    /// Has the lanes end when they have done what they were given.
    pub(in crate::delivery) fn close_lanes(&self) {
        self.state().lanes.iter_mut().for_each(Lane::close);
        self.lane_work.iter().for_each(Condvar::notify_one);
    }

    /// Says that the worker has ended, and with which errors of its own collectors.
    pub(crate) fn stop(&self, errors: Vec<CollectorError>) {
        let mut state = self.state();
        state.has_worker_ended = true;
        let dropped_unlocked = std::mem::replace(&mut state.flush.errors, errors);
        drop(state);
        drop(dropped_unlocked);
        self.tell_loss_at_end();
        self.done.notify_all();
    }

    /// Says that the thread of a lane has ended.
    pub(in crate::delivery) fn stop_lane(&self, lane: usize, errors: Vec<CollectorError>) {
        let mut state = self.state();
        let dropped_unlocked = state.lanes.get_mut(lane).map(|lane| {
            lane.has_ended = true;
            std::mem::replace(&mut lane.errors, errors)
        });
        drop(state);
        drop(dropped_unlocked);
        self.tell_loss_at_end();
        self.done.notify_all();
    }

    /// Has the thread that ends last say what was lost: who ends the tracer does not wait.
    pub(crate) fn tell_loss_later(&self) {
        self.state().is_loss_to_be_said = true;
        self.tell_loss_at_end();
    }

    fn tell_loss_at_end(&self) {
        let state = self.state();
        let is_last = state.is_loss_to_be_said && state.is_stopped();
        drop(state);
        if is_last {
            self.tell_loss(&[]);
        }
    }

    /// Waits until the worker and the lanes have ended. Whose deadline is the last one gives
    /// up what waits then.
    pub(crate) fn wait_stop(&self, deadline: Deadline) -> FlushReport {
        let is_waiting = |state: &mut State| !state.is_stopped();
        let woken = self
            .done
            .wait_timeout_while(self.state(), deadline.remaining(), is_waiting);
        let mut state = woken.unpoisoned().0;
        let is_last = state
            .flush
            .deadline
            .is_none_or(|last| last.remaining().is_zero());
        let is_worker_done = state.has_worker_ended;
        let report = self.report(&mut state, |lane| lane.has_ended, is_worker_done);
        let gives_up = is_last && !state.is_stopped();
        drop(state);
        if gives_up {
            self.abandon();
        }
        report
    }

    /// Says that the thread which runs this, the worker's or that of a lane, does nothing more
    /// for the queue: its collector ends the process. What waits for it is given up.
    pub(crate) fn leave_for_good(&self, lane: Option<usize>) {
        if let Some(lane) = lane {
            self.stop_lane(lane, Vec::new());
            self.abandon_lane(lane);
        } else {
            self.abandon_unread();
            self.close_lanes();
            self.stop(Vec::new());
        }
    }

    /// Drops what still waits and counts it.
    pub(crate) fn abandon(&self) {
        self.abandon_unread();
        (0..self.lane_work.len()).for_each(|lane| self.abandon_lane(lane));
    }

    fn abandon_unread(&self) {
        let mut state = self.state();
        let mut work = Work::default();
        Self::take_from(&mut state, &mut work);
        let spans = work.chunks.iter().map(|chunk| chunk.opened).sum();
        state.ledger.leave(spans);
        Counters::add(&self.counters.dropped_shutdown, spans);
        drop(state);
        for chunk in &work.chunks {
            self.note_lost(chunk, true);
        }
    }

    /// Takes what a collector has still to be told of batches that it was to have when the
    /// deadline of the shutdown passed.
    pub(in crate::delivery) fn take_given_up(&self, lane: usize) -> Vec<PartReport> {
        let mut state = self.state();
        let lane = state.lanes.get_mut(lane);
        lane.map_or_else(Vec::new, |lane| std::mem::take(&mut lane.given_up))
    }

    /// Whether it was said what was lost of the tracer: who has ended it has waited.
    pub(crate) fn has_said_loss(&self) -> bool {
        self.state().is_loss_said
    }

    /// Whether what was lost of a tracer that has ended was said before; it is from now on.
    pub(crate) fn says_loss(&self) -> bool {
        !std::mem::replace(&mut self.state().is_loss_said, true)
    }

    fn abandon_lane(&self, lane: usize) {
        let mut state = self.state();
        let Some(place) = state.lanes.get_mut(lane) else {
            return;
        };
        let all = place.abandon();
        let bytes = place.bytes;
        state.ledger.set_bytes(lane, bytes);
        for given in &all {
            state
                .ledger
                .finish(lane, given.batch.spans(), Fate::Shutdown);
        }
        drop(state);
        if all.is_empty() {
            return;
        }
        let mut untold = Untold::bounded(self.max_untold());
        for given in &all {
            let decoded = &given.batch.decoded;
            untold.miss(decoded, given.reports(), LossReason::Shutdown);
        }
        // Should the collector return it is told at its end.
        if let Some(place) = self.state().lanes.get_mut(lane) {
            place.given_up.extend(untold.tell(&[]).into_owned());
        }
        for batch in all.into_iter().map(|given| given.batch) {
            batch.lose();
            self.note_fate(lane, &batch.decoded, Fate::Shutdown);
            self.let_go(batch);
        }
    }

    /// Until when a worker that ends may take.
    pub(crate) fn deadline(&self) -> Deadline {
        let deadline = self.state().flush.deadline;
        deadline.unwrap_or_else(|| Deadline::after(Duration::ZERO))
    }
}

/// Spans that collectors say they have lost themselves.
fn lost_by_collectors(errors: &[CollectorError]) -> u64 {
    errors.iter().map(CollectorError::lost_spans).sum()
}
