//! The collector that sends spans by OTLP.
//!
//! Owns the lock around the exporter, and what a flush reports. How spans are sent is in
//! `exporter.rs`.

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
/// - Logs leave with their span, or as [log records](crate::OtlpCollectorBuilder::logs), whose
///   server may refuse them without harm to spans.
/// - Every span is counted in the [statistics](Self::stats), at any time. A change between
///   working and not working is one line of [`diagnostics`](trace_core::diagnostics).
///
/// In the child of a `fork`, do not use a collector of the parent, nor a clone of it: both
/// processes would write on one connection, and a request that ran at the fork never ends in
/// the child. A tracer that the child builds needs its own collector.
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
    /// Spans that were lost or rejected, as the last flush reported them.
    reported: u64,
    /// The same of log records.
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

    /// Returns what has become of the spans so far. Does not wait for a request.
    #[must_use]
    pub fn stats(&self) -> OtlpStats {
        let Inner { traces, logs, .. } = &*self.inner;
        let read = |shared: &Arc<Shared>| shared.counters.read();
        let logs = logs.as_ref().map(read).unwrap_or_default();
        let metrics = self.inner.metrics.as_ref();
        let metrics = metrics.map(|(shared, _)| read(shared)).unwrap_or_default();
        OtlpStats::new(read(traces), logs, metrics)
    }

    /// Returns how sending goes. Does not wait for a request.
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
        // After a panic, parts still wait or have been removed and counted.
        let turn = self.inner.turn.lock();
        turn.unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the error of a flush: what waits, and what was lost since the last report.
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
        let error = CollectorError::new(message).with_lost_spans(lost);
        Err(error.with_waiting_spans(stats.spans_waiting))
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

    /// Notes the tracer whose counts leave as metrics, if that is asked for.
    fn begin(&self, counts: &TracerCounts) {
        if let Some((_, tracer)) = &self.inner.metrics {
            tracer.set(counts);
        }
    }

    /// Sends what waits if a server is due; returns after what time the next one is.
    fn on_idle(&self) -> Option<Duration> {
        let mut turn = self.turn();
        turn.exporters.send_due();
        turn.exporters.next_wake()
    }

    /// Returns the spans that wait to be sent.
    fn waiting_spans(&self) -> u64 {
        self.inner.traces.counters.read().waiting
    }

    /// Sends all that waits, also during a backoff. Tries again until `timeout`, as far as the
    /// backoff allows.
    ///
    /// # Errors
    ///
    /// When spans or log records wait, or were lost or rejected since the last call. If only
    /// log records were, [`lost_spans`](CollectorError::lost_spans) is zero. Spans that wait
    /// are [`waiting_spans`](CollectorError::waiting_spans), and not lost.
    fn flush(&self, timeout: Duration) -> Result<(), CollectorError> {
        let mut turn = self.turn();
        turn.exporters.send_all(Moment::now().after(timeout));
        self.report(&mut turn)
    }

    /// Sends all that waits, as [`flush`](Self::flush) does. What is left then is lost.
    ///
    /// # Errors
    ///
    /// When spans or log records were lost or rejected since the last call.
    fn shutdown(&self, timeout: Duration) -> Result<(), CollectorError> {
        let mut turn = self.turn();
        turn.exporters.send_all(Moment::now().after(timeout));
        turn.exporters.end();
        self.report(&mut turn)
    }
}

/// Says what is missing of a signal, and why; `None` if nothing is.
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
