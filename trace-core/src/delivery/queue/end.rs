//! Flushes and shutdowns: requests, completion, and waiting. Reading and delivering are the
//! worker's.

use std::time::Duration;

use super::{Flush, Queue, Sleep, State, Work, renew_errors};
use crate::collector::CollectorError;
use crate::delivery::flush_report::{FlushReport, LateCollector};
use crate::delivery::lane::Lane;
use crate::delivery::untold::Untold;
use crate::diagnostics::stats::Counters;
use crate::process::clock::Deadline;
use crate::process::sync::{Condvar, Unpoisoned};
use crate::stream::decode::{LaneLoss, LossReason, PartReport};

impl Queue {
    /// Asks the worker for everything that is in the queue now; returns the number
    /// of the flush.
    pub(crate) fn ask_flush(&self, deadline: Deadline) -> u64 {
        let mut state = self.state();
        if state.is_closed {
            // The shutdown flushes everything. This number is never reached, so a wait for
            // it lasts until the shutdown ends.
            return state.flush.asked + 1;
        }
        // A shorter deadline must not shorten the wait of an earlier caller.
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

    /// Asks the lanes to flush after the batches that they already have.
    pub(in crate::delivery) fn flush_lanes(&self, number: u64, deadline: Deadline) {
        let mut state = self.state();
        let lanes = state.lanes.iter_mut();
        for lane in lanes.filter(|lane| !lane.has_ended) {
            lane.ask_flush(number, deadline);
        }
        drop(state);
        self.lane_work.iter().for_each(Condvar::notify_one);
    }

    /// Records the end of a flush of the collectors on the worker's thread.
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

    /// Records the end of a lane's flush.
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

    /// Waits, until the deadline at most, for a flush or for the end of a running shutdown.
    pub(crate) fn wait_flush(&self, number: u64, deadline: Deadline) -> FlushReport {
        let is_waiting = |state: &mut State| !state.has_flushed(number) && !state.is_stopped();
        let woken = self
            .done
            .wait_timeout_while(self.state(), deadline.remaining(), is_waiting);
        let mut state = woken.unpoisoned().0;
        let is_worker_done = state.flush.done >= number;
        self.report(&mut state, |lane| lane.has_flushed(number), is_worker_done)
    }

    /// Returns what is done and what is not, and marks the errors as reported.
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
            // Until the worker has asked the others to flush, only the spans that wait show
            // which collector delays it.
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

    /// Returns the report for a caller that has called the collectors on its own thread.
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

    /// Returns what is left, for a caller that does not wait.
    pub(crate) fn unfinished(&self) -> FlushReport {
        let stats = self.stats();
        FlushReport {
            is_complete: false,
            left: stats.open + stats.waiting,
            lost: stats.lost(0),
            ..FlushReport::nothing()
        }
    }

    /// Closes the queue: it takes nothing more, and the worker ends after what it has.
    pub(crate) fn close(&self, deadline: Deadline) {
        let mut state = self.state();
        let was_open = !std::mem::replace(&mut state.is_closed, true);
        // A shorter deadline must not shorten the wait of an earlier caller.
        let others = state.flush.deadline.filter(|_| !was_open);
        state.flush.deadline = Some(others.map_or(deadline, |other| other.later(deadline)));
        if was_open {
            // Threads may hold the tracer, and so this queue, for long after.
            state.chunks.forget_free();
        }
        state.sleep = Sleep::Awake;
        drop(state);
        self.work.notify_one();
    }

    /// Closes the lanes: each ends after the work that it already has.
    pub(in crate::delivery) fn close_lanes(&self) {
        self.state().lanes.iter_mut().for_each(Lane::close);
        self.lane_work.iter().for_each(Condvar::notify_one);
    }

    /// Records that the worker has ended, with the errors of the collectors on its thread.
    pub(crate) fn stop(&self, errors: Vec<CollectorError>) {
        let mut state = self.state();
        state.has_worker_ended = true;
        let dropped_unlocked = std::mem::replace(&mut state.flush.errors, errors);
        drop(state);
        drop(dropped_unlocked);
        self.tell_loss_if_last();
        self.done.notify_all();
    }

    /// Records that a lane's thread has ended, with its collector's errors.
    pub(in crate::delivery) fn stop_lane(&self, lane: usize, errors: Vec<CollectorError>) {
        let mut state = self.state();
        let dropped_unlocked = state.lanes.get_mut(lane).map(|lane| {
            lane.has_ended = true;
            std::mem::replace(&mut lane.errors, errors)
        });
        drop(state);
        drop(dropped_unlocked);
        self.tell_loss_if_last();
        self.done.notify_all();
    }

    /// Has the last thread to end print what was lost, as the caller does not wait.
    pub(crate) fn tell_loss_later(&self) {
        self.state().is_loss_to_be_said = true;
        self.tell_loss_if_last();
    }

    fn tell_loss_if_last(&self) {
        let state = self.state();
        let is_last = state.is_loss_to_be_said && state.is_stopped();
        drop(state);
        if is_last {
            self.tell_loss(&[]);
        }
    }

    /// Waits, until the deadline at most, for the worker and the lanes to end. When the
    /// latest deadline of all callers has passed, drops and counts what still waits.
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

    /// Records that the calling thread, the worker's or a lane's, never comes back to the
    /// queue: its collector is ending the process. Drops and counts what waits for it.
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

    /// Drops and counts everything that still waits.
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

    /// Takes the reports that a collector missed with the batches that were dropped at the
    /// shutdown's deadline.
    pub(in crate::delivery) fn take_given_up(&self, lane: usize) -> Vec<PartReport> {
        let mut state = self.state();
        let lane = state.lanes.get_mut(lane);
        lane.map_or_else(Vec::new, |lane| std::mem::take(&mut lane.given_up))
    }

    /// Whether the tracer's losses were printed: whoever ended it waited for that.
    pub(crate) fn has_said_loss(&self) -> bool {
        self.state().is_loss_said
    }

    /// Marks the losses as printed; returns whether the caller is the first and prints them.
    pub(crate) fn mark_loss_printed(&self) -> bool {
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
                .finish(lane, given.batch.spans(), Err(LaneLoss::Shutdown));
        }
        drop(state);
        if all.is_empty() {
            return;
        }
        let mut untold = Untold::bounded(self.max_untold());
        for given in &all {
            let decoded = &given.batch.decoded;
            untold.miss(
                decoded,
                given.reports(),
                LossReason::Lane(LaneLoss::Shutdown),
            );
        }
        // If the collector returns from its call, it gets these reports at its end.
        if let Some(place) = self.state().lanes.get_mut(lane) {
            place.given_up.extend(untold.tell(&[]).into_owned());
        }
        for batch in all.into_iter().map(|given| given.batch) {
            batch.lose();
            self.note_lane_loss(lane, &batch.decoded, LaneLoss::Shutdown);
            self.release_batch(batch);
        }
    }

    /// Returns the deadline of the shutdown; already passed if there is none.
    pub(crate) fn deadline(&self) -> Deadline {
        let deadline = self.state().flush.deadline;
        deadline.unwrap_or_else(|| Deadline::after(Duration::ZERO))
    }
}

/// Sums the spans that collectors report as lost.
fn lost_by_collectors(errors: &[CollectorError]) -> u64 {
    errors.iter().map(CollectorError::lost_spans).sum()
}
