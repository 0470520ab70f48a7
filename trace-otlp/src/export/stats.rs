//! What became of the spans, exactly, at any time.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What became of the spans of an [`OtlpCollector`](crate::OtlpCollector).
///
/// At any time, [`spans_collected`](Self::spans_collected) is the sum of exported, rejected,
/// waiting and [lost](LostSpans::total) spans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OtlpStats {
    /// Spans of all batches.
    pub spans_collected: u64,
    /// Spans that a server has taken.
    pub spans_exported: u64,
    /// Spans that a server has rejected in a request that it took (a *partial success*).
    pub spans_rejected: u64,
    /// Spans that wait, and those that are being sent.
    pub spans_waiting: u64,
    /// Spans that will not be sent.
    pub spans_lost: LostSpans,
    /// Requests that were sent, with all that were sent again.
    pub requests: u64,
    /// Requests without an answer, or whose answer asked for another try.
    pub failed_requests: u64,
}

/// Spans that were lost, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LostSpans {
    /// A server refused the request, with a status after which it is not sent again.
    pub refused: u64,
    /// They waited longer than
    /// [`max_retry_age`](crate::OtlpCollectorBuilder::max_retry_age).
    pub too_old: u64,
    /// More than [`max_waiting_bytes`](crate::OtlpCollectorBuilder::max_waiting_bytes) waited.
    pub list_full: u64,
    /// They waited when the collector was shut down, or came afterwards.
    pub shut_down: u64,
    /// A server takes no request as large as one span.
    pub too_large: u64,
    /// They could not be encoded.
    pub encoder: u64,
}

/// Why spans are lost.
#[derive(Clone, Copy, Debug)]
pub(super) enum Loss {
    Refused,
    TooOld,
    ListFull,
    ShutDown,
    TooLarge,
}

/// The counters, for all threads. The lock is held for a few instructions and never while a
/// request is sent, so that a reader sees one moment.
#[derive(Debug, Default)]
pub(super) struct Counters(Mutex<OtlpStats>);

impl LostSpans {
    /// Returns the number of all lost spans.
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

impl Counters {
    pub(super) fn read(&self) -> OtlpStats {
        *self.lock()
    }

    /// Counts a batch, of which `encoded` spans wait.
    pub(super) fn collect(&self, spans: u64, encoded: u64) {
        let mut stats = self.lock();
        stats.spans_collected += spans;
        stats.spans_waiting += encoded;
        // An encoder that makes more spans than it got must not break the sum.
        let made = encoded.saturating_sub(spans);
        stats.spans_collected += made;
        stats.spans_lost.encoder += spans.saturating_sub(encoded);
    }

    /// Counts waiting spans that a server has taken, but for the rejected ones.
    pub(super) fn export(&self, spans: u64, rejected: u64) {
        let mut stats = self.lock();
        let rejected = rejected.min(spans);
        stats.spans_waiting = stats.spans_waiting.saturating_sub(spans);
        stats.spans_exported += spans - rejected;
        stats.spans_rejected += rejected;
    }

    /// Counts waiting spans that are lost.
    pub(super) fn lose(&self, spans: u64, why: Loss) {
        let mut stats = self.lock();
        stats.spans_waiting = stats.spans_waiting.saturating_sub(spans);
        let lost = &mut stats.spans_lost;
        *match why {
            Loss::Refused => &mut lost.refused,
            Loss::TooOld => &mut lost.too_old,
            Loss::ListFull => &mut lost.list_full,
            Loss::ShutDown => &mut lost.shut_down,
            Loss::TooLarge => &mut lost.too_large,
        } += spans;
    }

    pub(super) fn count_request(&self) {
        self.lock().requests += 1;
    }

    pub(super) fn count_failure(&self) {
        self.lock().failed_requests += 1;
    }

    fn lock(&self) -> MutexGuard<'_, OtlpStats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
