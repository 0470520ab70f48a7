//! Flushes and shutdowns: requests, completion, and waiting. The worker reads and delivers.
//!
//! Every wait here has a deadline. If the deadline passes, the request stays with the worker
//! and the lanes, which complete it later. Requests have numbers, so that a caller waits for
//! its own request and not for a later one.
//!
//! A shutdown has fixed steps: the queue is closed, the worker reads the remaining chunks and
//! ends, and the lanes finish their batches and end. If the last deadline passes before that,
//! everything that still waits is dropped and counted as lost by the shutdown.

use std::time::Duration;

use super::{Flush, Queue, Sleep, State, Work, renew_errors};
use crate::collector::CollectorError;
use crate::delivery::flush_report::{FlushReport, LateCollector};
use crate::delivery::lane::Lane;
use crate::delivery::missed_reports::MissedReports;
use crate::diagnostics::stats::Counters;
use crate::process::clock::Deadline;
use crate::process::sync::{Condvar, Unpoisoned};
use crate::stream::decode::{LaneLoss, LossReason, PartReport};

impl Queue {
    /// Asks the worker to deliver everything that is in the queue now. Returns the number of
    /// the flush.
    pub(crate) fn ask_flush(&self, deadline: Deadline) -> u64 {
        let mut state = self.state();
        if state.is_closed {
            // The shutdown delivers everything. No flush ever gets this number, so a wait for
            // it lasts until the shutdown ends.
            return state.flush.asked + 1;
        }
        // All waiting requests share the latest deadline, so that a caller with little time
        // does not shorten the flush of another caller.
        let waiting = state
            .flush
            .deadline
            .filter(|_| state.flush.asked > state.flush.done);
        state.flush.deadline = Some(waiting.map_or(deadline, |other| other.later(deadline)));
        state.flush.asked += 1;
        // Marked awake before the notification, so that no other thread also wakes the worker.
        state.sleep = Sleep::Awake;
        let number = state.flush.asked;
        drop(state);
        self.work.notify_one();
        number
    }

    /// Asks the lanes to flush after the batches that they already have. The worker calls this
    /// after it has passed them all spans that the flush covers.
    pub(in crate::delivery) fn flush_lanes(&self, number: u64, deadline: Deadline) {
        let mut state = self.state();
        let lanes = state.lanes.iter_mut();
        // Lanes of collectors without a thread count as ended. The worker flushes these
        // collectors itself.
        for lane in lanes.filter(|lane| !lane.has_ended) {
            lane.ask_flush(number, deadline);
        }
        drop(state);
        self.lane_work.iter().for_each(Condvar::notify_one);
    }

    /// Records that the worker has flushed the collectors on its thread. The lanes may still be
    /// busy with the same flush.
    pub(in crate::delivery) fn finish_flush(&self, number: u64, errors: Vec<CollectorError>) {
        let mut state = self.state();
        state.flush.done = number;
        let Flush {
            errors: kept,
            are_reported,
            ..
        } = &mut state.flush;
        let dropped_unlocked = renew_errors(kept, errors, are_reported);
        drop(state);
        drop(dropped_unlocked);
        self.done.notify_all();
    }

    /// Records that a lane has completed a flush.
    pub(in crate::delivery) fn finish_lane_flush(
        &self,
        lane: usize,
        number: u64,
        error: Option<CollectorError>,
    ) {
        let errors = error.into_iter().collect();
        let mut state = self.state();
        let dropped_unlocked = state.lanes.get_mut(lane).map(|lane| {
            // Flushes of a lane complete in order, so `max` is only a safeguard.
            lane.flushed = lane.flushed.max(number);
            renew_errors(&mut lane.errors, errors, &mut lane.are_reported)
        });
        drop(state);
        drop(dropped_unlocked);
        self.done.notify_all();
    }

    /// Waits for a flush, or for the end of a running shutdown, at most until the deadline.
    ///
    /// If the deadline passes first, the flush stays requested and is completed later. Only
    /// its report is lost. Its errors go to the next report.
    pub(crate) fn wait_flush(&self, number: u64, deadline: Deadline) -> FlushReport {
        let is_waiting = |state: &mut State| !state.has_flushed(number) && !state.is_stopped();
        let woken = self
            .done
            .wait_timeout_while(self.state(), deadline.remaining(), is_waiting);
        let mut state = woken.unpoisoned().0;
        let is_worker_done = state.flush.done >= number;
        // The lock is still held from the wait, so the report shows the state that ended the
        // wait.
        self.report(&mut state, |lane| lane.has_flushed(number), is_worker_done)
    }

    /// Makes the report, and marks the errors as reported.
    ///
    /// `is_done` returns whether a lane has finished what the caller waits for, and
    /// `is_worker_done` tells whether the worker has. All numbers are read under one lock, so
    /// they are consistent.
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
            // While the worker is busy, it has not asked the lanes to flush. Then a collector
            // with waiting spans counts as late. A single collector counts as late in any
            // case.
            let waits = of_lane.waiting > 0 || is_alone;
            let is_late = if lane.has_thread {
                !is_done(lane) && (is_worker_done || waits)
            } else {
                !is_worker_done && waits
            };
            !is_stopped && is_late
        });
        let mut held = 0;
        let late = late.map(|(lane, of_lane)| {
            held += lane.held;
            LateCollector {
                name: of_lane.name.clone(),
                left: of_lane.waiting + lane.held,
            }
        });
        let late: Vec<LateCollector> = late.collect();
        let mut errors = state.lost_by_lanes();
        // A flush reports each loss to one caller. After a close, every caller gets all
        // losses, because it may be the only one that checks.
        if state.is_closed {
            state.lost_at_end.append(&mut errors);
            errors.clone_from(&state.lost_at_end);
        }
        errors.extend_from_slice(&state.flush.errors);
        // Marked only if these are the errors of the caller's own request. Otherwise the next
        // caller gets them, too.
        state.flush.are_reported = is_worker_done;
        for lane in &mut state.lanes {
            errors.extend_from_slice(&lane.errors);
            lane.are_reported |= is_done(lane);
        }
        let is_done = is_stopped || (is_worker_done && late.is_empty());
        FlushReport {
            is_complete: is_done && errors.is_empty(),
            left: stats.open + stats.waiting + held + waiting_in_collectors(&errors, &late),
            lost: stats.lost(lost_by_collectors(&errors)),
            errors,
            late,
        }
    }

    /// Returns the report for a caller that has called the collectors on its own thread, with
    /// these `errors`.
    pub(crate) fn done_here(&self, mut errors: Vec<CollectorError>) -> FlushReport {
        errors.extend(self.state().lost_by_lanes());
        // Another thread may record meanwhile, so `left` need not be zero after a flush.
        let stats = self.stats();
        FlushReport {
            is_complete: errors.is_empty(),
            left: stats.open + stats.waiting + waiting_in_collectors(&errors, &[]),
            lost: stats.lost(lost_by_collectors(&errors)),
            errors,
            ..FlushReport::nothing()
        }
    }

    /// Whether the worker and all lanes have ended. Once true, it stays true.
    pub(crate) fn is_stopped(&self) -> bool {
        self.state().is_stopped()
    }

    /// Returns a report for a caller that must not wait. The caller is one of the tracer's own
    /// threads, or another thread uses the worker.
    pub(crate) fn unfinished(&self) -> FlushReport {
        let stats = self.stats();
        FlushReport {
            is_complete: false,
            left: stats.open + stats.waiting,
            lost: stats.lost(0),
            ..FlushReport::nothing()
        }
    }

    /// Closes the queue. It refuses further input, and the worker ends after the remaining
    /// work. A second close can only extend the deadline.
    pub(crate) fn close(&self, deadline: Deadline) {
        let mut state = self.state();
        let was_open = !std::mem::replace(&mut state.is_closed, true);
        // The deadline of a flush is dropped. The deadline of an earlier shutdown stays if it
        // is later, so that a caller with little time does not shorten that shutdown.
        let others = state.flush.deadline.filter(|_| !was_open);
        state.flush.deadline = Some(others.map_or(deadline, |other| other.later(deadline)));
        if was_open {
            // Threads may keep the tracer's core, and with it this queue, for a long time.
            state.chunks.drop_free();
        }
        state.sleep = Sleep::Awake;
        drop(state);
        self.work.notify_one();
    }

    /// Closes the lanes: each ends after the work that it already has. The worker calls this
    /// after it has passed them its last batch.
    pub(in crate::delivery) fn close_lanes(&self) {
        self.state().lanes.iter_mut().for_each(Lane::close);
        self.lane_work.iter().for_each(Condvar::notify_one);
    }

    /// Records that the worker has ended, with the errors of the collectors on its thread. The
    /// worker has already dropped these collectors, so a wait for the end includes their
    /// destructors.
    pub(crate) fn stop(&self, errors: Vec<CollectorError>) {
        let mut state = self.state();
        state.has_worker_ended = true;
        let dropped_unlocked = std::mem::replace(&mut state.flush.errors, errors);
        drop(state);
        drop(dropped_unlocked);
        // This comes before the notification, so that the line is written before a caller
        // wakes up and perhaps ends the process.
        self.tell_loss_if_last();
        self.done.notify_all();
    }

    /// Records that a lane's thread has ended, with the errors of its collector. The thread
    /// has already dropped the collector.
    pub(in crate::delivery) fn stop_lane(&self, lane: usize, errors: Vec<CollectorError>) {
        let mut state = self.state();
        let dropped_unlocked = state.lanes.get_mut(lane).map(|lane| {
            lane.has_ended = true;
            std::mem::replace(&mut lane.errors, errors)
        });
        drop(state);
        drop(dropped_unlocked);
        self.tell_loss_if_last();
        // Wakes all callers. Each checks whether its own request is completed.
        self.done.notify_all();
    }

    /// Makes the last thread that ends print the losses, because the caller cannot wait.
    pub(crate) fn tell_loss_later(&self) {
        self.state().is_loss_to_be_said = true;
        self.tell_loss_if_last();
    }

    /// Prints the losses if this was requested and this is the last thread. Two threads may
    /// both seem to be the last; [`tell_loss`](Self::tell_loss) prints only once.
    fn tell_loss_if_last(&self) {
        let state = self.state();
        let is_last = state.is_loss_to_be_said && state.is_stopped();
        // Printing locks the state again, and may take a long time.
        drop(state);
        if is_last {
            self.tell_loss(&[]);
        }
    }

    /// Waits for the worker and the lanes to end, at most until the deadline. If the latest
    /// deadline of all callers has then passed, drops and counts everything that still waits.
    ///
    /// If the deadline passes first, the threads finish their current work. The report is made
    /// before anything is dropped, so it counts the dropped spans as left.
    pub(crate) fn wait_stop(&self, deadline: Deadline) -> FlushReport {
        let is_waiting = |state: &mut State| !state.is_stopped();
        let woken = self
            .done
            .wait_timeout_while(self.state(), deadline.remaining(), is_waiting);
        let mut state = woken.unpoisoned().0;
        // A caller with an earlier deadline must not drop data that another caller still waits
        // for.
        let is_last = state
            .flush
            .deadline
            .is_none_or(|last| last.remaining().is_zero());
        let is_worker_done = state.has_worker_ended;
        let report = self.report(&mut state, |lane| lane.has_ended, is_worker_done);
        let gives_up = is_last && !state.is_stopped();
        drop(state);
        if gives_up {
            // A collector may block forever. Everything that waits for it is given up now.
            self.abandon();
        }
        report
    }

    /// Records that the calling thread, the worker's or a lane's, never returns to the queue,
    /// because its collector is ending the process. Drops and counts everything that waits for
    /// it, so that the end of the process waits only for the other threads.
    pub(crate) fn leave_for_good(&self, lane: Option<usize>) {
        if let Some(lane) = lane {
            // The lane is marked as ended first, so that the worker adds nothing to it. Then
            // its content is dropped.
            self.stop_lane(lane, Vec::new());
            self.abandon_lane(lane);
        } else {
            self.abandon_unread();
            self.close_lanes();
            self.stop(Vec::new());
        }
    }

    /// Drops and counts everything that still waits for the worker or a lane. Their current
    /// work stays with them, and counts as waiting until it is finished.
    pub(crate) fn abandon(&self) {
        self.abandon_unread();
        (0..self.lane_work.len()).for_each(|lane| self.abandon_lane(lane));
    }

    /// Drops and counts the chunks that wait for the worker.
    fn abandon_unread(&self) {
        let mut state = self.state();
        let mut work = Work::default();
        Self::take_work_from(&mut state, &mut work);
        // The ledger and the counter change under one lock, so that the sums stay exact.
        let spans = work.chunks.iter().map(|chunk| chunk.opened).sum();
        state.ledger.leave(spans);
        Counters::add(&self.counters.dropped_shutdown, spans);
        drop(state);
        // If the worker still runs, it reports these losses with the ends of their parts.
        for chunk in &work.chunks {
            self.note_lost(chunk, true);
        }
    }

    /// Takes the reports that a collector missed because its batches were dropped at the
    /// shutdown's deadline. For its last call.
    pub(in crate::delivery) fn take_given_up(&self, lane: usize) -> Vec<PartReport> {
        let mut state = self.state();
        let lane = state.lanes.get_mut(lane);
        lane.map_or_else(Vec::new, |lane| std::mem::take(&mut lane.given_up))
    }

    /// Whether the tracer's losses were printed. Then a caller has already ended the tracer
    /// and waited for it.
    pub(crate) fn has_said_loss(&self) -> bool {
        self.state().is_loss_said
    }

    /// Marks the losses as printed. Returns whether the caller is the first to do so, and
    /// prints them.
    pub(crate) fn mark_loss_printed(&self) -> bool {
        !std::mem::replace(&mut self.state().is_loss_said, true)
    }

    /// Drops and counts the batches that wait in a lane, and keeps their reports for the
    /// collector's last call.
    fn abandon_lane(&self, lane: usize) {
        let mut state = self.state();
        let Some(place) = state.lanes.get_mut(lane) else {
            return;
        };
        // The batch that the collector is working on stays, and its thread counts it.
        let all = place.take_batches();
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
        // This runs without the lock, because it reads all spans of these batches.
        let mut missed = MissedReports::with_max_parts(self.max_missed_parts());
        for given in &all {
            let decoded = &given.batch.decoded;
            missed.note_missed(
                decoded,
                given.reports(),
                LossReason::Lane(LaneLoss::Shutdown),
            );
        }
        // If the collector returns from its call, it gets these reports at its end.
        if let Some(place) = self.state().lanes.get_mut(lane) {
            place.given_up.extend(missed.take_with(&[]).into_owned());
        }
        // Marked as lost before the reference is dropped, because other lanes may still
        // deliver the batch.
        for batch in all.into_iter().map(|given| given.batch) {
            batch.mark_lost();
            self.note_lane_loss(lane, &batch.decoded, LaneLoss::Shutdown);
            self.release_batch(batch);
        }
    }

    /// Returns the deadline of the collectors' shutdowns. If there is none, returns a deadline
    /// that has passed. Each thread reads it when it shuts its collectors down, because another
    /// shutdown may have extended it.
    ///
    /// It is a little earlier than the deadline of the callers. A collector that uses all its
    /// time has then ended, with its error and its counts, before they stop waiting.
    pub(crate) fn deadline(&self) -> Deadline {
        let deadline = self.state().flush.deadline;
        let deadline = deadline.unwrap_or_else(|| Deadline::after(Duration::ZERO));
        deadline.earlier()
    }
}

/// Sums the spans that collectors report as lost.
fn lost_by_collectors(errors: &[CollectorError]) -> u64 {
    errors.iter().map(CollectorError::lost_spans).sum()
}

/// Sums the spans that collectors report as waiting. An error of a collector that is late is
/// of an earlier call.
fn waiting_in_collectors(errors: &[CollectorError], late: &[LateCollector]) -> u64 {
    let is_late = |error: &&CollectorError| {
        let mut names = late.iter().map(|late| &*late.name);
        names.any(|name| error.collector() == Some(name))
    };
    let errors = errors.iter().filter(|error| !is_late(error));
    errors.map(CollectorError::waiting_spans).sum()
}
