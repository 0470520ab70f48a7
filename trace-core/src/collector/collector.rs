//! Where finished spans go.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::collector::SpanBatch;
use crate::process::caught::drop_quietly;

/// Takes finished spans.
///
/// It is called on a thread of the tracer's: it may block, be slow or panic, and that costs
/// its own spans, which are counted, and never a request. Only where the tracer is
/// [on demand](crate::TracerBuilder::on_demand) it is called on a thread of the application's,
/// the one that flushes or shuts down. What it does itself is not traced. OpenTelemetry calls
/// it a *span exporter* or *processor*.
///
/// Where a tracer has several, each has a *lane*: a thread and a bounded queue of its own,
/// unless it [is quick](Self::is_quick). So the time of one is none of the others'. Batches
/// come to each one after another, in the same order.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no collector",
    note = "a closure is one by `collector_fn(|batch| ..)`; a type of your own by `impl Collector for ..`"
)]
#[doc(alias = "SpanExporter")]
#[doc(alias = "SpanProcessor")]
pub trait Collector: Send + Sync {
    /// Takes a batch of finished spans; they are borrowed for the time of the call.
    fn collect(&self, batch: &SpanBatch<'_>);

    /// Returns what the collector is called in reports and statistics: a short noun, such
    /// as `console`. Default: the name of the type.
    fn name(&self) -> &str {
        short_type_name(std::any::type_name::<Self>())
    }

    /// Returns whether a batch costs it next to nothing, whatever happens: it never waits
    /// for a disk, a terminal, a network or a lock that others keep for long. It then needs
    /// no thread of its own, and is called on the tracer's. Default: `false`.
    fn is_quick(&self) -> bool {
        false
    }

    /// Looks at the time: is called after each batch, and again when as much time as
    /// it returned has passed and nothing came. `None`, the default, is "not before
    /// the next batch".
    ///
    /// For collectors that wait for something, such as
    /// [`TraceCollector`](crate::TraceCollector) for the last span of a trace.
    fn on_idle(&self) -> Option<Duration> {
        None
    }

    /// Passes on what the collector still holds, within `timeout`.
    ///
    /// # Errors
    ///
    /// When something is left.
    fn flush(&self, timeout: Duration) -> Result<(), CollectorError> {
        let _ = timeout;
        Ok(())
    }

    /// Passes on what the collector still holds, within `timeout`; nothing comes
    /// after it.
    ///
    /// # Errors
    ///
    /// When something is left.
    fn shutdown(&self, timeout: Duration) -> Result<(), CollectorError> {
        self.flush(timeout)
    }
}

/// The name of a type without its path and arguments.
fn short_type_name(name: &str) -> &str {
    let without_arguments = name.split('<').next().unwrap_or(name);
    let last = without_arguments.rsplit("::").next();
    last.unwrap_or(without_arguments)
}

/// Most causes that are named; ends a chain that is a circle.
const MAX_SOURCES: usize = 16;

/// What a collector could not do, and why.
///
/// A text is one, so that `?` makes it of the texts of other errors.
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
    /// Makes an error of a lower-case fragment that completes "failed to flush: …".
    pub fn new(message: impl Into<Arc<str>>) -> Self {
        Self {
            message: message.into(),
            collector: None,
            lost_spans: 0,
            source: None,
        }
    }

    /// Returns the [name](Collector::name) of the collector that could not, if the tracer
    /// reports it.
    #[must_use]
    pub fn collector(&self) -> Option<&str> {
        self.collector.as_deref()
    }

    /// Says whose error it is.
    pub(crate) fn with_collector(mut self, name: &str) -> Self {
        self.collector = Some(name.into());
        self
    }

    /// Says how many spans are lost by it, or left.
    #[must_use]
    pub fn with_lost_spans(mut self, spans: u64) -> Self {
        self.lost_spans = spans;
        self
    }

    /// Returns how many spans are lost by it, or left, as far as the collector has said so.
    #[must_use]
    pub const fn lost_spans(&self) -> u64 {
        self.lost_spans
    }

    /// The message alone, which is no code of the application's.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The message, and those of the causes.
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

    /// Adds the cause.
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
    /// Tracers keep errors, and drop them where nothing may unwind.
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

/// A collector that drops everything.
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

/// A collector of a closure.
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

/// A collector of a closure; see [`collector_fn`].
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
