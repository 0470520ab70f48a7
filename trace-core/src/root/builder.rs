//! The public builder of root spans that are described at run time.
//!
//! It only collects the description; `description.rs` begins the scope and opens the span.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;

use super::begin::{self, Begin};
use super::description::{RootDescription, RootDetails, TaggedRoot};
use super::future::{RootFuture, RootRun};
use super::guard::RootGuard;
use super::origin::Parent;
use crate::propagation::Extracted;
use crate::propagation::trust::Trust;
use crate::record::{IfRecording, kept_tag, spare_tracer, write};
use crate::span::open_span::OpenSpan;
use crate::tracer::Tracer;
use crate::value::{Baggage, Link, SpanKind, TagSource, Timestamp, TraceContext};

/// Returns a builder for a root span of the current tracer.
///
/// The current tracer is the tracer whose trace is current or that is
/// [attached](crate::Tracer::attach), or else the installed tracer. Without a tracer, the body
/// runs and nothing is recorded.
///
/// ```
/// let answer = trace_core::root("ask").run_sync(|| 42);
/// assert_eq!(answer, 42);
/// ```
#[track_caller]
pub fn root(operation_name: impl Into<Cow<'static, str>>) -> RootBuilder {
    let source = Location::caller();
    RootBuilder(IfRecording::from_fn(|| {
        RootDescription::new(None, operation_name.into(), source)
    }))
}

/// The builder of a root span; made by [`Tracer::root`](crate::Tracer::root) and [`root`].
///
/// ```
/// use trace_core::{SpanKind, Tracer};
///
/// let tracer = Tracer::builder("shop").on_demand().build()?;
/// let answer = tracer
///     .root("GET /orders")
///     .kind(SpanKind::Server)
///     .tag("url.path", "/orders")
///     .run_sync(|| 42);
/// assert_eq!(answer, 42);
/// # Ok::<(), trace_core::BuildError>(())
/// ```
#[must_use = "a root span begins with `run` or `run_sync`"]
pub struct RootBuilder(pub(super) IfRecording<RootDescription>);

impl Tracer {
    /// Returns a builder for a root span: the first span of a new trace, or the first span in
    /// this process of a trace that another process began.
    #[track_caller]
    pub fn root(&self, operation_name: impl Into<Cow<'static, str>>) -> RootBuilder {
        let source = Location::caller();
        RootBuilder(IfRecording::from_fn(|| {
            let tracer = self.core().map(spare_tracer::take_reference);
            RootDescription::new(tracer, operation_name.into(), source)
        }))
    }
}

impl RootBuilder {
    /// Sets the span's role in a call. Default: [`SpanKind::Internal`].
    pub fn kind(self, kind: SpanKind) -> Self {
        self.set(|root| root.kind = kind)
    }

    /// Adds a tag; `None` adds nothing. [`TagSource`] lists the types of values.
    ///
    /// The builder stores the value until the span begins, so it copies texts. To avoid the
    /// copy of a literal, pass `TagValue::from("GET")`.
    pub fn tag(self, key: impl Into<Cow<'static, str>>, value: impl TagSource) -> Self {
        self.set_details(|details| details.tags.extend(kept_tag(key.into(), &value)))
    }

    /// Adds a link to a span of another trace: a [`Link`], or the context of that span.
    pub fn link(self, link: impl Into<Link>) -> Self {
        self.set_details(|details| details.links.push(link.into()))
    }

    /// Sets the time at which the span began, for example when a message was received or a job
    /// was queued. Default: the time at which it begins here, which for a future is the first
    /// poll.
    ///
    /// ```
    /// use std::time::Duration;
    /// use trace_core::{Clock, MemoryCollector, Tracer};
    ///
    /// let spans = MemoryCollector::new();
    /// let tracer = Tracer::builder("shop").collector(spans.clone()).on_demand().build()?;
    /// let received = Clock::system().now();
    /// // .. the message waits
    /// tracer.root("consume").started_at(received).run_sync(|| { /* work */ });
    /// tracer.flush(Duration::ZERO);
    /// assert_eq!(spans.spans()[0].start, received);
    /// # Ok::<(), trace_core::BuildError>(())
    /// ```
    pub fn started_at(self, time: Timestamp) -> Self {
        self.set_details(|details| details.started_at = Some(time))
    }

    /// Continues the caller's trace with its baggage. `extracted` is the result of a
    /// propagator that has read the headers of a request.
    ///
    /// Without a usable context, the span begins a new trace with the extracted baggage, and
    /// with the id or the decision that came without a span ([`Extracted::start`]).
    /// [`Stats::bad_headers`](crate::Stats::bad_headers) counts headers and entries that could
    /// not be used.
    ///
    /// ```
    /// use trace_core::{propagation, span};
    ///
    /// let headers = [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")];
    /// trace_core::root("GET /orders")
    ///     .extracted(propagation::extract(&headers))
    ///     .run_sync(|| { /* below the caller's span */ });
    /// # let _ = span::is_recording();
    /// ```
    pub fn extracted(self, extracted: Extracted) -> Self {
        self.set_details(|details| details.origin.extract(extracted))
    }

    /// Sets how far a remote context is trusted. It does not matter whether the context is set
    /// before or after this call. Default: [`Trust::Continue`].
    pub fn trust(self, trust: Trust) -> Self {
        self.set_details(|details| details.origin.set_trust(trust))
    }

    /// Sets the baggage of the trace. It replaces the baggage of an extracted context.
    pub fn baggage(self, baggage: Baggage) -> Self {
        self.set_details(|details| details.baggage = Some(baggage))
    }

    /// Continues the trace of another process: the span is a child of the context's span.
    /// `None` changes nothing; by default a new trace begins.
    pub fn remote_parent(self, parent: impl Into<Option<TraceContext>>) -> Self {
        match parent.into() {
            Some(parent) => {
                self.set_details(|details| details.origin.parent = Parent::Remote(parent))
            }
            None => self,
        }
    }

    /// Sets the span's own context: its trace id, span id, parent and sampling decision. The
    /// sampler is not called.
    pub fn context(self, context: TraceContext) -> Self {
        self.set_details(|details| details.origin.parent = Parent::Given(context))
    }

    /// Sets the tracer that is current now, instead of the tracer that is current when the
    /// span begins.
    #[cfg(feature = "tokio")]
    pub(crate) fn with_current_tracer(self) -> Self {
        self.set(|root| root.tracer = root.tracer.take().or_else(crate::tracer::global::current))
    }

    /// Runs a future as the span's body. The span begins at the first poll. The output does
    /// not affect the span. For a `Result`, use [`run_result`](Self::run_result).
    ///
    /// ```
    /// # async fn checkout() -> u32 { 42 }
    /// # async fn example() {
    /// let total = trace_core::root("checkout").run(checkout()).await;
    /// assert_eq!(total, 42);
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before its first poll records no span. A future that is
    /// dropped later is dropped within the span, and the span ends as cancelled.
    pub fn run<F: Future>(self, future: F) -> RootFuture<F> {
        RootFuture {
            run: RootRun::new(self.0, never_failed::<F::Output>, future),
        }
    }

    /// Runs a future as the span's body. An `Err` marks the span as failed, with the error's
    /// own text. The attributes also add the texts of the error's sources.
    ///
    /// ```
    /// # async fn pay() -> Result<(), std::num::ParseIntError> { "x".parse::<i32>().map(drop) }
    /// # async fn order() {
    /// let paid = trace_core::root("order").run_result(pay()).await;
    /// # drop(paid);
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// See [`run`](Self::run).
    pub fn run_result<F, T, E>(self, future: F) -> RootFuture<F>
    where
        F: Future<Output = Result<T, E>>,
        E: fmt::Display,
    {
        RootFuture {
            run: RootRun::new(self.0, record_failure::<T, E>, future),
        }
    }

    /// Runs a closure as the span's body. The returned value does not affect the span; mark
    /// errors with [`span::record_error`](crate::span::record_error).
    pub fn run_sync<R>(self, body: impl FnOnce() -> R) -> R {
        let _guard = IfRecording::from_fn(|| self.0.get().map(RootGuard::begin));
        body()
    }

    /// Starts a root span and returns it as a value. The span has its own scope, which hands
    /// over its data for delivery when the span ends. Without a tracer, the span does nothing.
    ///
    /// ```
    /// let span = trace_core::root("GET /orders").start();
    /// span.in_scope(|| { /* the handler */ });
    /// span.end(); // when the body has been sent
    /// ```
    pub fn start(self) -> OpenSpan {
        self.start_with(&[])
    }

    /// Starts a root span like [`start`](Self::start), with more tags.
    ///
    /// The tags are borrowed: the sampler [sees](crate::SamplingInput::tags) them, and they
    /// are copied only if the trace is recorded. Use it in code that begins many spans, for
    /// example a layer of a server.
    ///
    /// ```
    /// # let path = String::from("/orders/7");
    /// let root = trace_core::root("GET /orders/{id}");
    /// let span = root.start_with(&[("http.request.method", &"GET"), ("url.path", &path)]);
    /// # span.end();
    /// ```
    pub fn start_with(self, tags: &[(&str, &dyn TagSource)]) -> OpenSpan {
        let root = self.0.into_inner();
        let mut tagged = root.map(|root| TaggedRoot { root, tags });
        let span = OpenSpan::root(
            || tagged.as_ref().and_then(begin::begin_scope),
            || tagged.as_ref().map_or((0, 0), Begin::open),
        );
        if let Some(tagged) = &mut tagged {
            tagged.drop_description();
        }
        span
    }

    /// Begins no span, and passes on the caller's context: code that runs within the returned
    /// value sends this context unchanged, or what came without a context, such as `b3: 0` or
    /// baggage alone, or else nothing. Use it for requests that
    /// should not be recorded, such as health checks: [`diagnostics`](crate::diagnostics) do not
    /// report what is missing there.
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use trace_core::{propagation, span};
    ///
    /// let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    /// let request = propagation::extract(&[("traceparent", caller)]);
    /// let mut headers = HashMap::new();
    /// let passing = trace_core::root("GET /health").extracted(request).pass_on();
    /// passing.in_scope(|| span::inject(&mut headers));
    /// assert_eq!(headers["traceparent"], caller);
    /// ```
    pub fn pass_on(self) -> OpenSpan {
        let root = self.0.get();
        OpenSpan::root(|| root.and_then(RootDescription::begin_passing), || (0, 0))
    }

    fn set(mut self, change: impl FnOnce(&mut RootDescription)) -> Self {
        if let Some(root) = self.0.get_mut() {
            change(root);
        }
        self
    }

    fn set_details(self, change: impl FnOnce(&mut RootDetails)) -> Self {
        self.set(|root| change(root.details.get_or_insert_with(RootDetails::take_spare)))
    }
}

impl fmt::Debug for RootBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RootBuilder");
        if let Some(root) = self.0.get() {
            shown.field("operation_name", &root.operation_name);
            shown.field("kind", &root.kind);
        }
        shown.finish_non_exhaustive()
    }
}

fn never_failed<T>(_output: &T) -> bool {
    false
}

/// If the output is an error, records it in the current span. Returns whether it is an error.
fn record_failure<T, E: fmt::Display>(output: &Result<T, E>) -> bool {
    if let (Err(error), Some(span)) = (output, write::own_span()) {
        write::error(span, std::any::type_name::<E>(), error, true);
    }
    output.is_err()
}
