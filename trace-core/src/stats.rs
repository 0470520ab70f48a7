//! What became of every span.

mod starts;

use std::sync::atomic::Ordering;

use self::starts::{Start, Starts};
use crate::sync::AtomicU64;

/// What became of every span of a tracer, at one moment.
///
/// Always exact: `started` is the sum of `delivered`, `sampled_out`, everything
/// in `dropped`, and `open`, each of which is counted where it happens.
///
/// ```
/// use trace_core::Tracer;
///
/// let tracer = Tracer::builder("shop").on_demand().build()?;
/// tracer.root("checkout").run_sync(|| {});
/// let stats = tracer.stats();
/// assert_eq!((stats.started, stats.open), (1, 1)); // not yet delivered
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
    /// Spans that every collector took.
    pub delivered: u64,
    /// Spans that a sampler refused.
    pub sampled_out: u64,
    /// Spans that were lost.
    pub dropped: DroppedSpans,
    /// Spans that run, or that ended and wait to be delivered.
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
    /// Ended when the queue was full: the collectors are too slow.
    pub queue: u64,
    /// Open for so long that too many others were open as well, or too much was
    /// said of them.
    pub limit: u64,
    /// In a batch at which a collector panicked.
    pub collector: u64,
    /// Ended after the shutdown, or waiting when its deadline passed.
    pub shutdown: u64,
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
    pub(crate) delivered: AtomicU64,
    pub(crate) dropped_queue: AtomicU64,
    pub(crate) dropped_limit: AtomicU64,
    pub(crate) dropped_collector: AtomicU64,
    pub(crate) dropped_shutdown: AtomicU64,
    pub(crate) unattached: AtomicU64,
    pub(crate) collector_panics: AtomicU64,
    pub(crate) sampler_panics: AtomicU64,
    pub(crate) bad_headers: AtomicU64,
}

/// Where the spans are that have been handed over and not been delivered or
/// dropped.
///
/// `open` in [`Stats`] is counted here, and not what is missing in a
/// sum: otherwise the sum could not be wrong, whatever is lost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ledger {
    /// Spans that were not counted as started before they left their scopes.
    started: u64,
    /// Spans that have left their scopes, whatever became of them.
    handed_over: u64,
    /// Spans that wait for the worker.
    waiting: u64,
    /// Spans that the worker has.
    held: u64,
}

impl Ledger {
    /// Counts spans that began.
    pub(crate) fn start(&mut self, spans: u64) {
        self.started += spans;
    }

    /// Counts spans that wait from now on.
    pub(crate) fn arrive(&mut self, spans: u64) {
        self.handed_over += spans;
        self.waiting += spans;
    }

    /// Counts spans that are dropped where they would wait.
    pub(crate) fn refuse(&mut self, spans: u64) {
        self.handed_over += spans;
    }

    /// Gives the worker what waits.
    pub(crate) fn take(&mut self) {
        self.held += std::mem::take(&mut self.waiting);
    }

    /// Says how many spans the worker has when it has read everything it took.
    pub(crate) fn hold(&mut self, spans: u64) {
        self.held = spans;
    }

    /// Counts spans that the worker delivered or dropped.
    pub(crate) fn leave(&mut self, spans: u64) {
        self.held = self.held.saturating_sub(spans);
    }
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
        let dropped = DroppedSpans {
            queue: read(&self.dropped_queue),
            limit: read(&self.dropped_limit),
            collector: read(&self.dropped_collector),
            shutdown: read(&self.dropped_shutdown),
        };
        let delivered = read(&self.delivered);
        let sampled_out = self.starts.sum(Start::SampledOut);
        let started = self.starts.sum(Start::Recorded) + ledger.started;
        let in_scopes = started.saturating_sub(ledger.handed_over);
        Stats {
            started: started + sampled_out,
            delivered,
            sampled_out,
            dropped,
            open: in_scopes + ledger.waiting + ledger.held,
            unattached: read(&self.unattached),
            collector_panics: read(&self.collector_panics),
            sampler_panics: read(&self.sampler_panics),
            bad_headers: read(&self.bad_headers),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(stats: &Stats) -> u64 {
        stats.delivered + stats.sampled_out + stats.dropped.total() + stats.open
    }

    #[test]
    fn a_span_that_nobody_has_is_missing_in_the_sum() {
        let counters = Counters::default();
        let mut ledger = Ledger::default();
        counters.start(5);
        assert_eq!(counters.stats(&ledger).open, 5);
        ledger.refuse(1);
        Counters::add(&counters.dropped_queue, 1);
        ledger.arrive(3);
        ledger.take();
        ledger.leave(1);
        Counters::add(&counters.delivered, 1);
        let stats = counters.stats(&ledger);
        assert_eq!((stats.open, sum(&stats)), (3, 5));
        // Three were taken and one delivered: a worker that has one has lost another.
        ledger.hold(1);
        assert_eq!(sum(&counters.stats(&ledger)), 4);
    }
}
