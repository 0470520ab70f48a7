//! What became of every span.

mod lanes;
mod ledger;
mod starts;

use std::sync::atomic::Ordering;

pub use self::lanes::{LaneDrops, LaneStats};
pub(crate) use self::ledger::{Fate, Ledger};
use self::starts::{Start, Starts};
use crate::process::sync::AtomicU64;

/// What became of every span of a tracer, at one moment.
///
/// Always exact, as each is counted where it happens:
///
/// - `started` is the sum of `read`, `sampled_out`, `open`, and what was dropped before it
///   was read: `queue`, `limit` and `shutdown` of `dropped`;
/// - `read` is the sum of `delivered`, `waiting`, and `collector` of `dropped`.
///
/// What became of what was read at each collector is in
/// [`Tracer::lane_stats`](crate::Tracer::lane_stats).
///
/// ```
/// use trace_core::Tracer;
///
/// let tracer = Tracer::builder("shop").on_demand().build()?;
/// tracer.root("checkout").run_sync(|| {});
/// let stats = tracer.stats();
/// assert_eq!((stats.started, stats.open), (1, 1)); // not yet read
/// tracer.flush(std::time::Duration::ZERO);
/// assert_eq!(tracer.stats().delivered, 1);
/// # Ok::<(), trace_core::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Spans that began. A trace that the head sampler refused counts as one:
    /// what would have been below its first span is not known.
    pub started: u64,
    /// Spans that were read, to be given to each collector.
    pub read: u64,
    /// Spans that every collector took.
    pub delivered: u64,
    /// Spans that were read, and that a collector is being given or still will be.
    pub waiting: u64,
    /// Spans that a sampler refused.
    pub sampled_out: u64,
    /// Spans that were lost.
    pub dropped: DroppedSpans,
    /// Spans that run, or that ended and wait to be read.
    pub open: u64,
    /// Tags, logs, links and statuses that were set where the trace goes on but
    /// no span of the running task was open, or that came after their span was
    /// delivered.
    pub unattached: u64,
    /// Times that a collector panicked.
    pub collector_panics: u64,
    /// Times that the sampler panicked, which refuses the trace.
    pub sampler_panics: u64,
    /// Headers, or entries in them, that
    /// [`RootBuilder::extracted`](crate::RootBuilder::extracted) had to do without.
    pub bad_headers: u64,
}

/// Spans that were lost, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DroppedSpans {
    /// Ended when the queue was full: what reads it is too slow.
    pub queue: u64,
    /// Open for so long that too many others were open as well, or too much was
    /// said of them.
    pub limit: u64,
    /// Read, and not taken by every collector: one panicked, or its lane was full or was
    /// given up at the shutdown. Which one, is in
    /// [`Tracer::lane_stats`](crate::Tracer::lane_stats).
    pub collector: u64,
    /// Ended after the shutdown, or waiting to be read when its deadline passed.
    pub shutdown: u64,
}

impl Stats {
    /// Spans that were lost, of which those that collectors have lost themselves were read.
    /// Several may have lost the same one.
    pub(crate) fn lost(&self, by_collectors: u64) -> u64 {
        let dropped = &self.dropped;
        let read = dropped.collector.saturating_add(by_collectors);
        dropped.queue + dropped.limit + dropped.shutdown + read.min(self.read)
    }
}

impl DroppedSpans {
    /// Returns the sum.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.queue + self.limit + self.collector + self.shutdown
    }
}

/// The counters behind [`Stats`].
///
/// Each span is counted in `started` before it can be counted anywhere else.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    starts: Starts,
    pub(crate) dropped_queue: AtomicU64,
    pub(crate) dropped_limit: AtomicU64,
    pub(crate) dropped_shutdown: AtomicU64,
    pub(crate) unattached: AtomicU64,
    pub(crate) collector_panics: AtomicU64,
    pub(crate) sampler_panics: AtomicU64,
    pub(crate) bad_headers: AtomicU64,
}

impl Counters {
    /// Counts spans that began.
    #[inline]
    pub(crate) fn start(&self, spans: u64) {
        self.starts.count(Start::Recorded, spans);
    }

    /// Counts a span that a sampler refuses: it began, and that is all.
    #[inline]
    pub(crate) fn refuse(&self) {
        self.starts.count(Start::SampledOut, 1);
    }

    pub(crate) fn add(counter: &AtomicU64, spans: u64) {
        // Release: its partner is the acquiring load in `stats`, which so sees the
        // start of every span whose end it has seen.
        counter.fetch_add(spans, Ordering::Release);
    }

    /// To be called while the ledger is locked.
    pub(crate) fn stats(&self, ledger: &Ledger) -> Stats {
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
            ..Stats::default()
        };
        ledger.add_to(&mut stats);
        stats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ledger.finish(0, 1, Fate::Delivered);
        ledger.release(1, false);
        let stats = counters.stats(&ledger);
        assert_eq!((stats.delivered, ledger.lanes()[0].delivered), (1, 1));
        assert_eq!((stats.open, sum(&stats)), (3, 5));
        // Three were taken and one was read: a worker that has one has lost another.
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
        ledger.finish(0, 4, Fate::Panic);
        ledger.finish(1, 4, Fate::Delivered);
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
