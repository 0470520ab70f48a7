//! The counters that recording threads write, and their sum with the ledger.

use std::sync::atomic::Ordering;

use super::ledger::Ledger;
use super::starts::{Start, Starts};
use super::stats::{CallerStats, DroppedSpans, Stats};
use crate::process::sync::AtomicU64;

/// The counters behind [`Stats`]. Owned by the queue.
///
/// A span is counted as started before it can be counted anywhere else. Otherwise a reader
/// could find more ended spans than started spans.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    starts: Starts,
    /// These three change only under the queue's lock, together with the ledger.
    pub(crate) dropped_queue: AtomicU64,
    pub(crate) dropped_limit: AtomicU64,
    pub(crate) dropped_shutdown: AtomicU64,
    /// These are not part of a sum, and change without a lock.
    pub(crate) unattached: AtomicU64,
    pub(crate) collector_panics: AtomicU64,
    pub(crate) sampler_panics: AtomicU64,
    pub(crate) bad_headers: AtomicU64,
    pub(crate) callers: CallerCounters,
}

/// The counters behind [`CallerStats`].
#[derive(Debug, Default)]
pub(crate) struct CallerCounters {
    pub(crate) continued: AtomicU64,
    pub(crate) capped: AtomicU64,
    pub(crate) restarted_by_trust: AtomicU64,
    pub(crate) restarted_by_bad_header: AtomicU64,
    pub(crate) discarded_tracestates: AtomicU64,
}

impl Counters {
    /// Counts spans that began.
    #[inline]
    pub(crate) fn start(&self, spans: u64) {
        self.starts.count(Start::Recorded, spans);
    }

    /// Counts a span that a sampler refuses. It counts as started, and is counted nowhere
    /// else.
    #[inline]
    pub(crate) fn refuse(&self) {
        self.starts.count(Start::SampledOut, 1);
    }

    /// Adds to one of these counters.
    pub(crate) fn add(counter: &AtomicU64, spans: u64) {
        // Release: pairs with the acquire load in `stats`. The sums do not need this pair,
        // because the queue's lock orders the dropped spans. The counters without a lock need
        // it: a reader that sees the count of a panic also sees everything that the thread did
        // before.
        counter.fetch_add(spans, Ordering::Release);
    }

    /// Returns all counts. The ledger must be locked, so that no span is in transit between
    /// two counts.
    pub(crate) fn stats(&self, ledger: &Ledger) -> Stats {
        // Acquire: pairs with the release in `add`.
        let read = |counter: &AtomicU64| counter.load(Ordering::Acquire);
        let sampled_out = self.starts.sum(Start::SampledOut);
        let started = self.starts.sum(Start::Recorded) + ledger.started;
        let in_scopes = started.saturating_sub(ledger.handed_over);
        let mut stats = Stats {
            started: started + sampled_out,
            sampled_out,
            dropped: DroppedSpans {
                queue: read(&self.dropped_queue),
                limit: read(&self.dropped_limit),
                collector: 0,
                shutdown: read(&self.dropped_shutdown),
            },
            open: in_scopes,
            unattached: read(&self.unattached),
            collector_panics: read(&self.collector_panics),
            sampler_panics: read(&self.sampler_panics),
            bad_headers: read(&self.bad_headers),
            callers: CallerStats {
                continued: read(&self.callers.continued),
                capped: read(&self.callers.capped),
                restarted_by_trust: read(&self.callers.restarted_by_trust),
                restarted_by_bad_header: read(&self.callers.restarted_by_bad_header),
                discarded_tracestates: read(&self.callers.discarded_tracestates),
            },
            ..Stats::default()
        };
        ledger.add_to(&mut stats);
        stats
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::decode::LaneLoss;

    fn sum(stats: &Stats) -> u64 {
        let ended = stats.delivered + stats.waiting + stats.dropped.total();
        ended + stats.sampled_out + stats.open
    }

    #[test]
    fn a_span_that_nobody_has_is_missing_in_the_sum() {
        let counters = Counters::default();
        let mut ledger = Ledger::new([("one".to_owned(), 0)]);
        counters.start(5);
        assert_eq!(counters.stats(&ledger).open, 5);
        ledger.refuse(1);
        Counters::add(&counters.dropped_queue, 1);
        ledger.arrive(3);
        ledger.take();
        ledger.read(1);
        let stats = counters.stats(&ledger);
        assert_eq!(
            (stats.read, stats.waiting, ledger.lanes()[0].waiting),
            (1, 1, 1)
        );
        assert_eq!((stats.open, sum(&stats)), (3, 5));
        ledger.finish(0, 1, Ok(()));
        ledger.release(1, false);
        let stats = counters.stats(&ledger);
        assert_eq!((stats.delivered, ledger.lanes()[0].delivered), (1, 1));
        assert_eq!((stats.open, sum(&stats)), (3, 5));
        // Three spans were taken and one was read. A worker that still holds only one has lost
        // the third.
        ledger.hold(1);
        assert_eq!(sum(&counters.stats(&ledger)), 4);
    }

    #[test]
    fn what_one_lane_loses_is_delivered_to_the_other() {
        let counters = Counters::default();
        let mut ledger = Ledger::new([("one".to_owned(), 0), ("two".to_owned(), 0)]);
        counters.start(4);
        ledger.arrive(4);
        ledger.take();
        ledger.read(4);
        ledger.finish(0, 4, Err(LaneLoss::Panic));
        ledger.finish(1, 4, Ok(()));
        assert_eq!(counters.stats(&ledger).waiting, 4);
        ledger.release(4, true);
        let stats = counters.stats(&ledger);
        assert_eq!((stats.delivered, stats.dropped.collector), (0, 4));
        let lanes = ledger.lanes();
        for lane in &lanes {
            let sum = lane.delivered + lane.dropped.total() + lane.waiting;
            assert_eq!((stats.read, lane.read), (sum, sum));
        }
        assert_eq!((lanes[0].dropped.panic, lanes[1].delivered), (4, 4));
        assert_eq!(sum(&stats), 4);
    }
}
