//! The builder's options for log records and metrics.

use std::time::Duration;

use super::builder::OtlpCollectorBuilder;
use crate::encode::{LogPlacement, Logs};

/// Shortest time between metrics, so that the thread that sends them has time for other work.
const SHORTEST_METRICS: Duration = Duration::from_millis(10);

impl OtlpCollectorBuilder {
    /// Sets how the logs of spans are sent: as events in their span, as log records with the
    /// ids of their trace and span in separate requests, or both. Default:
    /// [`Logs::SpanEvents`].
    ///
    /// ```
    /// use trace_otlp::{Logs, OtlpCollector};
    ///
    /// let otlp = OtlpCollector::builder("http://localhost:4318")
    ///     .logs(Logs::Both)
    ///     .exceptions(Logs::LogRecords)
    ///     .build()?;
    /// assert_eq!(otlp.stats().log_records.collected, 0);
    /// # Ok::<(), trace_otlp::OtlpError>(())
    /// ```
    ///
    /// A record has the log's time, its message as the body, its fields as attributes, and the
    /// resource and scope of the span. A logged error has the severity *ERROR*, the event name
    /// `exception` and its text as the body. Other logs have no severity, because none was
    /// recorded. The protocol, the limits and the retries are those of spans. Records wait in
    /// a separate list with the same limit of bytes, and are sent after the spans.
    ///
    /// A server that accepts only traces refuses the records. They are counted as lost, which
    /// is reported once, and spans are sent as before. If a server hangs on records, each try
    /// delays spans by a [timeout](Self::timeout).
    pub fn logs(mut self, logs: Logs) -> Self {
        self.signals.placement = LogPlacement {
            exceptions: logs,
            others: logs,
        };
        self
    }

    /// Sets the same, but only for logs that record an error. Call it after
    /// [`logs`](Self::logs), which sets both. `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN` sets this
    /// option.
    pub fn exceptions(mut self, logs: Logs) -> Self {
        self.signals.placement.exceptions = logs;
        self
    }

    /// Sets the whole URL for log records, to which no path is added. By default they go to
    /// the base URL. They have the headers of spans, unless
    /// [`logs_headers`](Self::logs_headers) sets others.
    pub fn logs_endpoint(mut self, url: impl Into<String>) -> Self {
        self.signals.logs.endpoint = Some(url.into());
        self
    }

    /// Sets the headers of requests with log records, in place of those that
    /// [`header`](Self::header) adds.
    pub fn logs_headers<N, V>(mut self, headers: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<String>,
    {
        let headers = headers.into_iter();
        let headers = headers.map(|(name, value)| (name.into(), value.into()));
        self.signals.logs.headers = Some(headers.collect());
        self
    }

    /// Sends the tracer's own counts as metrics, `otel.sdk.*`, at this interval, at each flush
    /// and at the shutdown. Default: never. OpenTelemetry's SDKs send metrics every minute.
    ///
    /// ```
    /// use std::time::Duration;
    /// use trace_otlp::OtlpCollector;
    ///
    /// let otlp = OtlpCollector::builder("http://localhost:4318")
    ///     .metrics_every(Duration::from_secs(60))
    ///     .build()?;
    /// # drop(otlp);
    /// # Ok::<(), trace_otlp::OtlpError>(())
    /// ```
    ///
    /// | metric | about |
    /// |---|---|
    /// | `otel.sdk.span.started` | spans that began; a trace that the sampler refused counts as one, `DROP` |
    /// | `otel.sdk.processor.span.queue.size`, `.processed` | each collector of the tracer; with `error.type`, the spans that it or the tracer lost |
    /// | `otel.sdk.exporter.span.inflight`, `.exported` | this collector; with `error.type`, rejected and lost spans |
    /// | the same with `log` and `metric_data_point` | the log records and data points that it sends |
    ///
    /// The metrics are sums since the tracer was built. If several tracers share the
    /// collector, the last one is reported. The first metrics are sent with or after the first
    /// batch, or at a flush. Lost data points are not an error of a flush, because the next
    /// ones include the same counts.
    ///
    /// Source: semantic conventions 1.44, *OpenTelemetry SDK metrics*.
    pub fn metrics_every(mut self, every: Duration) -> Self {
        self.signals.metrics_every = Some(every.max(SHORTEST_METRICS));
        self
    }

    /// Sets the whole URL for metrics, to which no path is added. By default they go to the
    /// base URL. They have the headers of spans, unless
    /// [`metrics_headers`](Self::metrics_headers) sets others.
    pub fn metrics_endpoint(mut self, url: impl Into<String>) -> Self {
        self.signals.metrics.endpoint = Some(url.into());
        self
    }

    /// Sets the headers of requests with metrics, in place of those that
    /// [`header`](Self::header) adds.
    pub fn metrics_headers<N, V>(mut self, headers: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<String>,
    {
        let headers = headers.into_iter();
        let headers = headers.map(|(name, value)| (name.into(), value.into()));
        self.signals.metrics.headers = Some(headers.collect());
        self
    }
}
