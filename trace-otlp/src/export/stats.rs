//! Exact counts of what happened to collected items, at any time.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What happened to the spans of an [`OtlpCollector`](crate::OtlpCollector), and to the other
/// items that it sends.
///
/// At any time, [`spans_collected`](Self::spans_collected) is the sum of exported, rejected,
/// waiting and [lost](LostItems::total) spans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OtlpStats {
    /// Spans of all batches.
    pub spans_collected: u64,
    /// Spans that a server has accepted.
    pub spans_exported: u64,
    /// Spans that a server has rejected in a request that it accepted (a *partial success*).
    pub spans_rejected: u64,
    /// Spans that wait, and those that are being sent.
    pub spans_waiting: u64,
    /// Spans that will not be sent.
    pub spans_lost: LostItems,
    /// Requests with spans that were sent, including those that were sent again.
    pub requests: u64,
    /// Requests with spans that had no answer, or whose answer asked to retry.
    pub failed_requests: u64,
    /// The logs that are sent as [records](crate::Logs::LogRecords).
    pub log_records: OtlpSignalStats,
    /// The data points of the tracer's own
    /// [metrics](crate::OtlpCollectorBuilder::metrics_every).
    pub data_points: OtlpSignalStats,
}

/// What happened to the items of a signal other than traces.
///
/// At any time, [`collected`](Self::collected) is the sum of exported, rejected, waiting and
/// [lost](LostItems::total) items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OtlpSignalStats {
    /// All items.
    pub collected: u64,
    /// Items that a server has accepted.
    pub exported: u64,
    /// Items that a server has rejected in a request that it accepted (a *partial success*).
    pub rejected: u64,
    /// Items that wait, and those that are being sent.
    pub waiting: u64,
    /// Items that will not be sent.
    pub lost: LostItems,
    /// Requests that were sent, including those that were sent again.
    pub requests: u64,
    /// Requests that had no answer, or whose answer asked to retry.
    pub failed_requests: u64,
}

/// Items that were lost, by reason: spans, log records or data points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LostItems {
    /// A server refused the request with a status that is not retried.
    pub refused: u64,
    /// They waited longer than
    /// [`max_retry_age`](crate::OtlpCollectorBuilder::max_retry_age).
    pub too_old: u64,
    /// More than [`max_waiting_bytes`](crate::OtlpCollectorBuilder::max_waiting_bytes) waited.
    pub list_full: u64,
    /// They waited when the collector was shut down, or were collected afterwards.
    pub shut_down: u64,
    /// The item is too large for the server, even alone in its request.
    pub too_large: u64,
    /// They could not be encoded.
    pub encoder: u64,
}

/// Why items are lost.
#[derive(Clone, Copy, Debug)]
pub(super) enum Loss {
    Refused,
    TooOld,
    ListFull,
    ShutDown,
    TooLarge,
}

/// The counters of a signal, for all threads. The lock makes all counters consistent for a
/// reader. It is held for a few instructions, and never while a request is sent.
#[derive(Debug, Default)]
pub(super) struct Counters(Mutex<OtlpSignalStats>);

impl LostItems {
    /// Returns the number of all lost items.
    #[must_use]
    pub const fn total(&self) -> u64 {
        let Self {
            refused,
            too_old,
            list_full,
            shut_down,
            too_large,
            encoder,
        } = *self;
        refused + too_old + list_full + shut_down + too_large + encoder
    }
}

impl OtlpStats {
    pub(super) fn new(
        traces: OtlpSignalStats,
        log_records: OtlpSignalStats,
        data_points: OtlpSignalStats,
    ) -> Self {
        Self {
            spans_collected: traces.collected,
            spans_exported: traces.exported,
            spans_rejected: traces.rejected,
            spans_waiting: traces.waiting,
            spans_lost: traces.lost,
            requests: traces.requests,
            failed_requests: traces.failed_requests,
            log_records,
            data_points,
        }
    }
}

impl Counters {
    pub(super) fn read(&self) -> OtlpSignalStats {
        *self.lock()
    }

    /// Counts items, of which `encoded` wait.
    pub(super) fn collect(&self, items: u64, encoded: u64) {
        let mut stats = self.lock();
        stats.collected += items;
        stats.waiting += encoded;
        // An encoder that makes more items than it got must not break the sum.
        let made = encoded.saturating_sub(items);
        stats.collected += made;
        stats.lost.encoder += items.saturating_sub(encoded);
    }

    /// Counts waiting items that a server has accepted, without the rejected ones.
    pub(super) fn export(&self, items: u64, rejected: u64) {
        let mut stats = self.lock();
        let rejected = rejected.min(items);
        stats.waiting = stats.waiting.saturating_sub(items);
        stats.exported += items - rejected;
        stats.rejected += rejected;
    }

    /// Counts waiting items that are lost.
    pub(super) fn lose(&self, items: u64, why: Loss) {
        let mut stats = self.lock();
        stats.waiting = stats.waiting.saturating_sub(items);
        let lost = &mut stats.lost;
        *match why {
            Loss::Refused => &mut lost.refused,
            Loss::TooOld => &mut lost.too_old,
            Loss::ListFull => &mut lost.list_full,
            Loss::ShutDown => &mut lost.shut_down,
            Loss::TooLarge => &mut lost.too_large,
        } += items;
    }

    pub(super) fn count_request(&self) {
        self.lock().requests += 1;
    }

    pub(super) fn count_failure(&self) {
        self.lock().failed_requests += 1;
    }

    fn lock(&self) -> MutexGuard<'_, OtlpSignalStats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
