//! What takes finished spans: the trait, its errors, and the simplest collectors.
//!
//! [`delivery`](crate::delivery) calls collectors: it decides when and on which thread, and
//! what happens if one blocks or panics.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::collector::SpanBatch;
use crate::process::caught::drop_quietly;

/// Takes finished spans. OpenTelemetry calls it a *span exporter* or *span processor*.
///
/// A collector runs on a thread of the tracer. It may block, be slow or panic. That costs it
/// spans, which are counted, and never slows down a request. If the tracer is
/// [on demand](crate::TracerBuilder::on_demand), the collector runs on the thread of the
/// application that flushes or shuts down. What a collector does is not traced.
///
/// If a tracer has several collectors, each has a *lane*: a thread and a bounded queue of
/// its own, unless it [is quick](Self::is_quick). So a slow collector does not delay the
/// others. All get the batches in the same order, one after another. A batch at which a
/// collector panics is lost to that collector only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no collector",
    note = "a closure is one by `collector_fn(|batch| ..)`; a type of your own by `impl Collector for ..`"
)]
#[doc(alias = "SpanExporter")]
#[doc(alias = "SpanProcessor")]
pub trait Collector: Send + Sync {
    /// Takes a batch of finished spans. They are borrowed for the time of the call: copy
    /// what is to be kept.
    fn collect(&self, batch: &SpanBatch<'_>);

    /// Returns the name of the collector in reports and statistics: a short noun, such as
    /// `console`. It is asked once, when the tracer is built. Default: the name of the type,
    /// without its path and arguments.
    fn name(&self) -> &str {
        short_type_name(std::any::type_name::<Self>())
    }

    /// Returns whether a batch always costs it next to nothing: it never waits for a disk, a
    /// terminal, a network, or a lock that others hold for long. Such a collector needs no
    /// thread of its own, and runs on the tracer's. It is asked once at most, when the
    /// tracer is built. Default: `false`.
    fn is_quick(&self) -> bool {
        false
    }

    /// Called after each batch, and again after the returned time if no batch has come.
    /// `None`, the default, waits for the next batch.
    ///
    /// It is for collectors that wait for something.
    /// [`TraceCollector`](crate::TraceCollector) waits for the last span of a trace.
    fn on_idle(&self) -> Option<Duration> {
        None
    }

    /// Passes on what the collector still holds, within `timeout`. More batches may come
    /// after it. Default: does nothing.
    ///
    /// # Errors
    ///
    /// If something is left. [`FlushReport`](crate::FlushReport) then has the error.
    fn flush(&self, timeout: Duration) -> Result<(), CollectorError> {
        let _ = timeout;
        Ok(())
    }

    /// Passes on what the collector still holds, within `timeout`. No batch comes after it.
    /// Default: calls [`flush`](Self::flush).
    ///
    /// # Errors
    ///
    /// If something is left. [`FlushReport`](crate::FlushReport) then has the error.
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

/// The most causes that are named. It ends a chain of causes that is a circle.
const MAX_SOURCES: usize = 16;

/// What a collector could not do, and why.
///
/// A text converts into one, so `?` works on errors that are texts.
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
///     .with_lost_spans(12);
/// assert_eq!(error.lost_spans(), 12);
/// ```
#[derive(Clone)]
pub struct CollectorError {
    message: Arc<str>,
    collector: Option<Arc<str>>,
    lost_spans: u64,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl CollectorError {
    /// Makes an error from a lower-case fragment that completes "failed to flush: …".
    pub fn new(message: impl Into<Arc<str>>) -> Self {
        Self {
            message: message.into(),
            collector: None,
            lost_spans: 0,
            source: None,
        }
    }

    /// Returns the [name](Collector::name) of the collector that failed. Only errors that a
    /// tracer reports have it.
    #[must_use]
    pub fn collector(&self) -> Option<&str> {
        self.collector.as_deref()
    }

    /// Sets the name of the collector that failed.
    pub(crate) fn with_collector(mut self, name: &str) -> Self {
        self.collector = Some(name.into());
        self
    }

    /// Sets how many spans are lost by this failure, or are still left.
    #[must_use]
    pub fn with_lost_spans(mut self, spans: u64) -> Self {
        self.lost_spans = spans;
        self
    }

    /// Returns how many spans are lost by this failure, or are still left; zero if the
    /// collector has not set it.
    #[must_use]
    pub const fn lost_spans(&self) -> u64 {
        self.lost_spans
    }

    /// Returns the message alone. That runs no code of the application, as a cause might.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Returns the message and those of up to 16 causes. The causes are code of the
    /// application, and may panic.
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
    /// Drops the cause, and catches its panic: tracers drop errors where nothing may unwind.
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

            fn on_idle(&self) -> Option<Duration> {
                (**self).on_idle()
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

    fn on_idle(&self) -> Option<Duration> {
        self.as_ref().and_then(Collector::on_idle)
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

/// Makes a collector of a closure, which is called with each batch.
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
