//! The collector that sends spans by OTLP.
//!
//! Owns the lock around the exporter, and what a flush reports. `exporter.rs` sends the spans.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use trace_core::{Collector, CollectorError, SpanBatch, TracerCounts};

use super::exporter::Shared;
use super::exporters::Exporters;
use super::health::OtlpHealth;
use super::metrics::TracerSlot;
use super::moment::Moment;
use super::stats::OtlpStats;

/// Sends finished spans to an OpenTelemetry backend. A clone is the same collector.
///
/// It blocks only its lane's own thread, and needs no runtime, over HTTP or gRPC. A server
/// that is down, hangs or refuses does not slow the application:
///
/// - One request is sent at a time, and takes at most the
///   [timeout](crate::OtlpCollectorBuilder::timeout).
/// - After a failed connection, a status of 429, 502, 503 or 504, or a retryable code of gRPC,
///   the spans wait and are sent again. The wait is the time in `Retry-After` or `RetryInfo`,
///   or an exponential backoff. Meanwhile, spans go to a
///   [fallback](crate::OtlpCollectorBuilder::fallback), if there is one.
/// - The [size](crate::OtlpCollectorBuilder::max_waiting_bytes) and the
///   [age](crate::OtlpCollectorBuilder::max_retry_age) of waiting spans are limited. The
///   oldest spans are lost first.
/// - A request that is too large for a server (status 413, or a code of gRPC with a text about
///   size) is sent in halves.
/// - Logs are sent with their span, or as [log records](crate::OtlpCollectorBuilder::logs). If
///   the server refuses log records, spans are sent as before.
/// - Every span is counted in the [statistics](Self::stats), at any time. When sending begins
///   to fail, works again or uses a fallback, and when spans are lost,
///   [`diagnostics`](trace_core::diagnostics) writes one line, at most one a minute about each
///   subject.
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
    turn: Mutex<Turn>,
    traces: Arc<Shared>,
    logs: Option<Arc<Shared>>,
    metrics: Option<(Arc<Shared>, Arc<TracerSlot>)>,
}

struct Turn {
    exporters: Exporters,
    /// The number of lost and rejected spans that was last reported.
    reported: u64,
    /// The same for log records.
    reported_logs: u64,
}

impl OtlpCollector {
    pub(super) fn new(exporters: Exporters) -> Self {
        let traces = Arc::clone(&exporters.traces.shared);
        let logs = exporters.logs.as_ref();
        let logs = logs.map(|exporter| Arc::clone(&exporter.shared));
        let metrics = exporters.metrics.as_ref();
        let metrics = metrics.map(|metrics| {
            let shared = Arc::clone(&metrics.exporter.shared);
            (shared, Arc::clone(&metrics.tracer))
        });
        let turn = Mutex::new(Turn {
            exporters,
            reported: 0,
            reported_logs: 0,
        });
        Self {
            inner: Arc::new(Inner {
                turn,
                traces,
                logs,
                metrics,
            }),
        }
    }

    /// Returns what has happened to the spans so far. Does not wait for a request.
    #[must_use]
    pub fn stats(&self) -> OtlpStats {
        let Inner { traces, logs, .. } = &*self.inner;
        let read = |shared: &Arc<Shared>| shared.counters.read();
        let logs = logs.as_ref().map(read).unwrap_or_default();
        let metrics = self.inner.metrics.as_ref();
        let metrics = metrics.map(|(shared, _)| read(shared)).unwrap_or_default();
        OtlpStats::new(read(traces), logs, metrics)
    }

    /// Returns the state of sending. Does not wait for a request.
    #[must_use]
    pub fn health(&self) -> OtlpHealth {
        let Inner { traces, logs, .. } = &*self.inner;
        let read = |shared: &Arc<Shared>| shared.health.read(shared.counters.read().waiting);
        let logs = logs.as_ref().map(read);
        let metrics = self.inner.metrics.as_ref();
        let metrics = metrics.map(|(shared, _)| read(shared));
        OtlpHealth::new(read(traces), traces.max_waiting_bytes, logs, metrics)
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        // After a panic, each part still waits, or was removed and counted.
        let turn = self.inner.turn.lock();
        turn.unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the error of a flush, with the items that wait and those lost since the last
    /// report.
    fn report(&self, turn: &mut Turn) -> Result<(), CollectorError> {
        let (stats, health) = (self.stats(), self.health());
        let gone = stats.spans_lost.total() + stats.spans_rejected;
        let lost = gone - turn.reported.min(gone);
        turn.reported = gone;
        let spans = missing("spans", stats.spans_waiting, lost, health.last_error);

        let logs = stats.log_records;
        let gone = logs.lost.total() + logs.rejected;
        let lost_logs = gone - turn.reported_logs.min(gone);
        turn.reported_logs = gone;
        let error = health.logs.and_then(|logs| logs.last_error);
        let logs = missing("log records", logs.waiting, lost_logs, error);

        let message = match (spans, logs) {
            (None, None) => return Ok(()),
            (Some(spans), Some(logs)) => format!("{spans}; {logs}"),
            (Some(message), None) | (None, Some(message)) => message,
        };
        Err(CollectorError::new(message).with_lost_spans(stats.spans_waiting + lost))
    }
}

impl Collector for OtlpCollector {
    /// Encodes the spans, and sends them unless it has to wait for a retry.
    fn collect(&self, batch: &SpanBatch<'_>) {
        let mut turn = self.turn();
        turn.exporters.add(batch);
        turn.exporters.send_due();
    }

    fn name(&self) -> &str {
        "otlp"
    }

    /// Notes the tracer whose counts are sent as metrics, if metrics are requested.
    fn begin(&self, counts: &TracerCounts) {
        if let Some((_, tracer)) = &self.inner.metrics {
            tracer.set(counts);
        }
    }

    /// Sends waiting items if a server is due, and writes lines that are due. Returns the time
    /// until there is more to do.
    fn on_idle(&self) -> Option<Duration> {
        let mut turn = self.turn();
        turn.exporters.send_due();
        turn.exporters.next_wake()
    }

    /// Sends everything that waits, even during a backoff. Retries until `timeout`, as far as
    /// the backoff allows.
    ///
    /// # Errors
    ///
    /// If spans or log records still wait, or were lost or rejected since the last call. If
    /// only log records are affected, [`lost_spans`](CollectorError::lost_spans) is zero.
    fn flush(&self, timeout: Duration) -> Result<(), CollectorError> {
        let mut turn = self.turn();
        turn.exporters.send_all(Moment::now().after(timeout));
        self.report(&mut turn)
    }

    /// Sends everything that waits, as [`flush`](Self::flush) does. Items that still wait
    /// afterwards are lost.
    ///
    /// # Errors
    ///
    /// If spans or log records were lost or rejected since the last call.
    fn shutdown(&self, timeout: Duration) -> Result<(), CollectorError> {
        let mut turn = self.turn();
        turn.exporters.send_all(Moment::now().after(timeout));
        turn.exporters.end();
        self.report(&mut turn)
    }
}

/// Describes which items of a signal are missing, and why; `None` if none are.
fn missing(items: &str, waiting: u64, lost: u64, error: Option<String>) -> Option<String> {
    let message = match (waiting, lost) {
        (0, 0) => return None,
        (waiting, 0) => format!("{waiting} {items} are not sent yet"),
        (0, lost) => format!("{lost} {items} were lost"),
        (waiting, lost) => format!("{waiting} {items} are not sent yet, and {lost} were lost"),
    };
    Some(match error {
        Some(error) => format!("{message}: {error}"),
        None => message,
    })
}

impl fmt::Debug for OtlpCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpCollector")
            .field("health", &self.health())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
