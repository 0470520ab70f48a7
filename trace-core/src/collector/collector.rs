//! The trait for collectors, its error type, and the simplest collectors.
//!
//! [`delivery`](crate::delivery) calls collectors. It decides when and on which thread, and
//! what happens if a collector blocks or panics.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::collector::{SpanBatch, TracerCounts};
use crate::process::caught::drop_quietly;

/// Takes finished spans. OpenTelemetry calls it a *span exporter* or *span processor*.
///
/// A collector runs on a thread of the tracer. It may block, be slow or panic. Then it may
/// lose spans, which are counted, but it never slows down a request. If the tracer is [on
/// demand](crate::TracerBuilder::on_demand), the collector runs on the application thread that
/// flushes or shuts down the tracer. The code of a collector is not traced.
///
/// If a tracer has several collectors, each collector has a *lane*: its own thread and its own
/// bounded queue. A collector that [is quick](Self::is_quick) needs no lane. So a slow
/// collector does not delay the others. All collectors get the batches in the same order, one
/// after another. If a collector panics at a batch, only this collector loses the batch.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no collector",
    note = "a closure is one by `collector_fn(|batch| ..)`; a type of your own by `impl Collector for ..`"
)]
#[doc(alias = "SpanExporter")]
#[doc(alias = "SpanProcessor")]
pub trait Collector: Send + Sync {
    /// Takes a batch of finished spans. The spans are borrowed for the call, so copy the data
    /// that you want to keep.
    fn collect(&self, batch: &SpanBatch<'_>);

    /// Returns the name of the collector in reports and statistics: a short noun, such as
    /// `console`. The tracer calls this method once, when it is built. Default: the name of
    /// the type, without its path and arguments.
    fn name(&self) -> &str {
        short_type_name(std::any::type_name::<Self>())
    }

    /// Returns whether the collector always takes a batch quickly: it never waits for a disk,
    /// a terminal, a network, or a lock that others hold for long. Such a collector needs no
    /// thread of its own, and runs on the tracer's thread. The tracer calls this method at
    /// most once, when it is built. Default: `false`.
    fn is_quick(&self) -> bool {
        false
    }

    /// Called once, when a tracer is built with the collector, before any batch. `counts` are
    /// those of the tracer, for a collector that reports them. Default: does nothing.
    ///
    /// A collector that wraps another passes the call on.
    fn begin(&self, counts: &TracerCounts) {
        let _ = counts;
    }

    /// Called after each batch, and again after the returned time if no batch has arrived.
    /// `None`, the default, means to wait for the next batch.
    ///
    /// It is for collectors that wait for an event. For example,
    /// [`TraceCollector`](crate::TraceCollector) waits for the last span of a trace.
    fn on_idle(&self) -> Option<Duration> {
        None
    }

    /// Returns how many spans the collector has taken and not passed on yet, such as those that
    /// wait for a server. If a later call of it is late, [`FlushReport`](crate::FlushReport)
    /// counts them as `left`. Called after each batch, so it must be quick. Default: zero.
    fn waiting_spans(&self) -> u64 {
        0
    }

    /// Passes on all spans that the collector still holds, within `timeout`. More batches may
    /// follow. Default: does nothing.
    ///
    /// # Errors
    ///
    /// If spans are left. [`FlushReport`](crate::FlushReport) then contains the error.
    fn flush(&self, timeout: Duration) -> Result<(), CollectorError> {
        let _ = timeout;
        Ok(())
    }

    /// Passes on all spans that the collector still holds, within `timeout`. No batch follows.
    /// Default: calls [`flush`](Self::flush).
    ///
    /// # Errors
    ///
    /// If spans are left. [`FlushReport`](crate::FlushReport) then contains the error.
    fn shutdown(&self, timeout: Duration) -> Result<(), CollectorError> {
        self.flush(timeout)
    }
}

/// Returns the name of a type without its path and arguments.
fn short_type_name(name: &str) -> &str {
    let without_arguments = name.split('<').next().unwrap_or(name);
    let last = without_arguments.rsplit("::").next();
    last.unwrap_or(without_arguments)
}

/// Largest number of causes in a text. This limit also ends a circular chain of causes.
const MAX_SOURCES: usize = 16;

/// The error of a collector: what failed, and why.
///
/// A text converts into this error, so `?` works on errors that are texts.
///
/// ```
/// use trace_core::CollectorError;
///
/// fn send(is_open: bool) -> Result<(), CollectorError> {
///     if !is_open {
///         return Err("the connection is closed".into());
///     }
///     std::fs::read("/nowhere").map_err(|error| error.to_string())?;
///     Ok(())
/// }
///
/// assert_eq!(send(false).unwrap_err().to_string(), "the connection is closed");
/// # assert!(send(true).is_err());
///
/// let error = CollectorError::new("could not connect")
///     .with_source(std::io::Error::other("refused"))
///     .with_lost_spans(12)
///     .with_waiting_spans(3);
/// assert_eq!((error.lost_spans(), error.waiting_spans()), (12, 3));
/// ```
#[derive(Clone)]
pub struct CollectorError {
    message: Arc<str>,
    collector: Option<Arc<str>>,
    lost_spans: u64,
    waiting_spans: u64,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl CollectorError {
    /// Makes an error from a lower-case fragment that completes "failed to flush: …".
    pub fn new(message: impl Into<Arc<str>>) -> Self {
        Self {
            message: message.into(),
            collector: None,
            lost_spans: 0,
            waiting_spans: 0,
            source: None,
        }
    }

    /// Returns the [name](Collector::name) of the collector that failed. Only errors that a
    /// tracer reports have a name.
    #[must_use]
    pub fn collector(&self) -> Option<&str> {
        self.collector.as_deref()
    }

    /// Sets the name of the collector that failed.
    pub(crate) fn with_collector(mut self, name: &str) -> Self {
        self.collector = Some(name.into());
        self
    }

    /// Sets the number of spans that this failure lost. [`FlushReport`](crate::FlushReport)
    /// counts them as `lost`.
    #[must_use]
    pub fn with_lost_spans(mut self, spans: u64) -> Self {
        self.lost_spans = spans;
        self
    }

    /// Returns the number of spans that this failure lost. Returns zero if the collector has
    /// not set it.
    #[must_use]
    pub const fn lost_spans(&self) -> u64 {
        self.lost_spans
    }

    /// Sets the number of spans that the collector still has, and will try to pass on again.
    /// [`FlushReport`](crate::FlushReport) counts them as `left`.
    #[must_use]
    pub fn with_waiting_spans(mut self, spans: u64) -> Self {
        self.waiting_spans = spans;
        self
    }

    /// Returns the number of spans that the collector still has. Returns zero if the collector
    /// has not set it.
    #[must_use]
    pub const fn waiting_spans(&self) -> u64 {
        self.waiting_spans
    }

    /// Returns the message alone. Unlike the text of a cause, it runs no application code.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Returns the message and the messages of up to 16 causes. The causes run application
    /// code, which may panic.
    pub(crate) fn in_full(&self) -> String {
        let mut text = self.message.to_string();
        let mut source = std::error::Error::source(self);
        for _ in 0..MAX_SOURCES {
            let Some(cause) = source else { break };
            text.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        text
    }

    /// Sets the cause, which [`source`](std::error::Error::source) returns.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }
}

impl From<&str> for CollectorError {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

impl From<String> for CollectorError {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

impl Drop for CollectorError {
    /// Drops the cause and catches its panic, because tracers drop errors where unwinding is
    /// not allowed.
    fn drop(&mut self) {
        if let Some(source) = self.source.take() {
            drop_quietly(source);
        }
    }
}

impl fmt::Display for CollectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for CollectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CollectorError")
            .field("message", &self.message)
            .field("collector", &self.collector)
            .field("lost_spans", &self.lost_spans)
            .field("waiting_spans", &self.waiting_spans)
            .field("source", &self.source)
            .finish()
    }
}

impl std::error::Error for CollectorError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// A collector that drops all spans.
impl Collector for () {
    fn collect(&self, _batch: &SpanBatch<'_>) {}

    fn is_quick(&self) -> bool {
        true
    }
}

macro_rules! forward_collector {
    ($($pointer:ty),*) => {$(
        impl<C: Collector + ?Sized> Collector for $pointer {
            fn collect(&self, batch: &SpanBatch<'_>) {
                (**self).collect(batch);
            }

            fn name(&self) -> &str {
                (**self).name()
            }

            fn is_quick(&self) -> bool {
                (**self).is_quick()
            }

            fn begin(&self, counts: &TracerCounts) {
                (**self).begin(counts);
            }

            fn on_idle(&self) -> Option<Duration> {
                (**self).on_idle()
            }

            fn waiting_spans(&self) -> u64 {
                (**self).waiting_spans()
            }

            fn flush(&self, timeout: Duration) -> Result<(), CollectorError> {
                (**self).flush(timeout)
            }

            fn shutdown(&self, timeout: Duration) -> Result<(), CollectorError> {
                (**self).shutdown(timeout)
            }
        }
    )*};
}

forward_collector!(&C, Box<C>, Arc<C>);

impl<C: Collector> Collector for Option<C> {
    fn collect(&self, batch: &SpanBatch<'_>) {
        if let Some(collector) = self {
            collector.collect(batch);
        }
    }

    fn name(&self) -> &str {
        self.as_ref().map_or("nothing", Collector::name)
    }

    fn is_quick(&self) -> bool {
        self.as_ref().is_none_or(Collector::is_quick)
    }

    fn begin(&self, counts: &TracerCounts) {
        if let Some(collector) = self {
            collector.begin(counts);
        }
    }

    fn on_idle(&self) -> Option<Duration> {
        self.as_ref().and_then(Collector::on_idle)
    }

    fn waiting_spans(&self) -> u64 {
        self.as_ref().map_or(0, Collector::waiting_spans)
    }

    fn flush(&self, timeout: Duration) -> Result<(), CollectorError> {
        self.as_ref()
            .map_or(Ok(()), |collector| collector.flush(timeout))
    }

    fn shutdown(&self, timeout: Duration) -> Result<(), CollectorError> {
        self.as_ref()
            .map_or(Ok(()), |collector| collector.shutdown(timeout))
    }
}

/// Makes a collector from a closure. The closure is called with each batch.
///
/// ```
/// use trace_core::collector_fn;
///
/// let names = collector_fn(|batch| {
///     for span in batch.spans() {
///         println!("{} took {:?}", span.operation_name(), span.duration());
///     }
/// });
/// # let _ = names;
/// ```
pub fn collector_fn<F: Fn(&SpanBatch<'_>) + Send + Sync>(collect: F) -> CollectorFn<F> {
    CollectorFn(collect)
}

/// A collector that calls a closure; see [`collector_fn`].
#[derive(Clone, Copy)]
pub struct CollectorFn<F>(F);

impl<F: Fn(&SpanBatch<'_>) + Send + Sync> Collector for CollectorFn<F> {
    fn collect(&self, batch: &SpanBatch<'_>) {
        (self.0)(batch);
    }
}

impl<F> fmt::Debug for CollectorFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CollectorFn(..)")
    }
}
