//! The collector that sends spans by OTLP.
//!
//! Owns the lock around the exporter, and what a flush reports. How spans are sent is in
//! `exporter.rs`.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use trace_core::{Collector, CollectorError, SpanBatch};

use super::exporter::{Exporter, Shared};
use super::health::OtlpHealth;
use super::moment::Moment;
use super::stats::OtlpStats;

/// Sends finished spans to an OpenTelemetry backend. A clone is the same collector.
///
/// It blocks on its lane's own thread, and needs no runtime, over HTTP as over gRPC. A server that is down, hangs or
/// refuses costs no request anything:
///
/// - One request is sent at a time, and takes at most the
///   [timeout](crate::OtlpCollectorBuilder::timeout).
/// - After a failed connection, one of the statuses 429, 502, 503 and 504, or one of gRPC's codes
///   that may pass, the spans wait and are sent again, after the time of `Retry-After` or
///   `RetryInfo`, or an exponential backoff. Meanwhile, they
///   go to a [fallback](crate::OtlpCollectorBuilder::fallback), if there is one.
/// - [Bytes](crate::OtlpCollectorBuilder::max_waiting_bytes) and
///   [age](crate::OtlpCollectorBuilder::max_retry_age) of what waits are bounded. The oldest spans are
///   lost first.
/// - A request that is too large for a server (413, or a code of gRPC with a text that says so)
///   is sent in halves.
/// - Every span is counted in the [statistics](Self::stats), at any time. A change between
///   working and not working is one line of [`diagnostics`](trace_core::diagnostics).
///
/// In the child of a `fork`, do not use a collector of the parent. A tracer that the child
/// builds needs its own.
///
/// Source: OTLP specification, *OTLP/HTTP* and *OTLP/gRPC*.
///
/// ```
/// use trace_core::Tracer;
/// use trace_otlp::OtlpCollector;
///
/// let otlp = OtlpCollector::builder("http://localhost:4318").build()?;
/// let tracing = Tracer::builder("shop").collector(otlp.clone()).install()?;
/// // ..
/// assert_eq!(otlp.stats().spans_lost.total(), 0);
/// # drop(tracing);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[doc(alias = "SpanExporter")]
pub struct OtlpCollector {
    inner: Arc<Inner>,
}

struct Inner {
    exporter: Mutex<Turn>,
    shared: Arc<Shared>,
}

struct Turn {
    exporter: Exporter,
    /// Spans that were lost or rejected, as the last flush reported them.
    reported: u64,
}

impl OtlpCollector {
    pub(super) fn new(exporter: Exporter) -> Self {
        let shared = Arc::clone(&exporter.shared);
        let exporter = Mutex::new(Turn {
            exporter,
            reported: 0,
        });
        Self {
            inner: Arc::new(Inner { exporter, shared }),
        }
    }

    /// Returns what has become of the spans so far. Does not wait for a request.
    #[must_use]
    pub fn stats(&self) -> OtlpStats {
        self.inner.shared.counters.read()
    }

    /// Returns how sending goes. Does not wait for a request.
    #[must_use]
    pub fn health(&self) -> OtlpHealth {
        let shared = &self.inner.shared;
        let waiting = shared.counters.read().spans_waiting;
        shared.health.read(waiting, shared.max_waiting_bytes)
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        // After a panic, parts still wait or have been removed and counted.
        self.inner
            .exporter
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Tries to send all that waits until `timeout`, also during a backoff.
    fn send_all(&self, turn: &mut Turn, timeout: Duration) {
        let until = Moment::now().after(timeout);
        turn.exporter.endpoints.make_due();
        turn.exporter.send_due(Some(until));
    }

    /// Makes the error of a flush: what waits, and what was lost since the last report.
    fn report(&self, turn: &mut Turn) -> Result<(), CollectorError> {
        let stats = self.stats();
        let gone = stats.spans_lost.total() + stats.spans_rejected;
        let lost = gone - turn.reported.min(gone);
        turn.reported = gone;
        let waiting = stats.spans_waiting;
        let message = match (waiting, lost) {
            (0, 0) => return Ok(()),
            (waiting, 0) => format!("{waiting} spans are not sent yet"),
            (0, lost) => format!("{lost} spans were lost"),
            (waiting, lost) => format!("{waiting} spans are not sent yet, and {lost} were lost"),
        };
        let message = match self.health().last_error {
            Some(error) => format!("{message}: {error}"),
            None => message,
        };
        Err(CollectorError::new(message).with_lost_spans(waiting + lost))
    }
}

impl Collector for OtlpCollector {
    /// Encodes the spans, and sends them unless it has to wait for a retry.
    fn collect(&self, batch: &SpanBatch<'_>) {
        let mut turn = self.turn();
        turn.exporter.add(batch);
        turn.exporter.send_due(None);
    }

    fn name(&self) -> &str {
        "otlp"
    }

    /// Sends what waits if a server is due; returns after what time the next one is.
    fn on_idle(&self) -> Option<Duration> {
        let mut turn = self.turn();
        turn.exporter.send_due(None);
        turn.exporter.next_wake()
    }

    /// Sends all that waits, also during a backoff. Tries again until `timeout`, as far as the
    /// backoff allows.
    ///
    /// # Errors
    ///
    /// When spans wait, or when spans were lost or rejected since the last call.
    fn flush(&self, timeout: Duration) -> Result<(), CollectorError> {
        let mut turn = self.turn();
        self.send_all(&mut turn, timeout);
        self.report(&mut turn)
    }

    /// Sends all that waits, as [`flush`](Self::flush) does. What is left then is lost.
    ///
    /// # Errors
    ///
    /// When spans were lost or rejected since the last call.
    fn shutdown(&self, timeout: Duration) -> Result<(), CollectorError> {
        let mut turn = self.turn();
        self.send_all(&mut turn, timeout);
        turn.exporter.end();
        self.report(&mut turn)
    }
}

impl fmt::Debug for OtlpCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpCollector")
            .field("health", &self.health())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
