//! The public builder of root spans that are described at run time.
//!
//! It only collects the description; `description.rs` begins the scope and opens the span.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;

use super::begin::{self, Begin};
use super::description::{More, Root};
use super::future::{RootFuture, RootRun};
use super::guard::RootGuard;
use super::origin::Parent;
use crate::propagation::Extracted;
use crate::propagation::trust::Trust;
use crate::record::{IfRecording, kept_tag, spare_tracer, write};
use crate::span::open_span::OpenSpan;
use crate::tracer::Tracer;
use crate::value::{Baggage, Link, SpanKind, TagSource, TraceContext};

/// Describes a root span of the current tracer.
///
/// The current tracer is the one whose trace runs here or that is
/// [attached](crate::Tracer::attach), or else the installed one. Without a tracer the body
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
        Root::new(None, operation_name.into(), source)
    }))
}

/// Describes a root span; made by [`Tracer::root`](crate::Tracer::root) and
/// [`root`].
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
pub struct RootBuilder(pub(super) IfRecording<Root>);

impl Tracer {
    /// Describes a root span: the first span of a new trace, or the first span here of a
    /// trace that another process began.
    #[track_caller]
    pub fn root(&self, operation_name: impl Into<Cow<'static, str>>) -> RootBuilder {
        let source = Location::caller();
        RootBuilder(IfRecording::from_fn(|| {
            let tracer = self.core().map(spare_tracer::take_reference);
            Root::new(tracer, operation_name.into(), source)
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
    /// The builder keeps the value until the span begins, so it copies texts. To avoid the
    /// copy of a literal, pass `TagValue::from("GET")`.
    pub fn tag(self, key: impl Into<Cow<'static, str>>, value: impl TagSource) -> Self {
        self.set_more(|more| more.tags.extend(kept_tag(key.into(), &value)))
    }

    /// Adds a link to a span of another trace: a [`Link`], or its context.
    pub fn link(self, link: impl Into<Link>) -> Self {
        self.set_more(|more| more.links.push(link.into()))
    }

    /// Continues the caller's trace, with its baggage, as a propagator extracted them from
    /// the headers of a request.
    ///
    /// Without a usable context the span begins a new trace with the extracted baggage, and
    /// with the id and the decision that came without a span, if one did
    /// ([`Extracted::start`]).
    /// Headers and entries that could not be used are counted in
    /// [`Stats::bad_headers`](crate::Stats::bad_headers).
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
        self.set_more(|more| more.origin.extract(extracted))
    }

    /// Sets how far a remote context is trusted, whether it is set before or after this
    /// call. Default: [`Trust::Continue`].
    pub fn trust(self, trust: Trust) -> Self {
        self.set_more(|more| more.origin.set_trust(trust))
    }

    /// Sets the baggage of the trace. It replaces the baggage of an extracted context.
    pub fn baggage(self, baggage: Baggage) -> Self {
        self.set_more(|more| more.baggage = Some(baggage))
    }

    /// Continues the trace of another process: the span is a child of the context's span.
    /// `None` changes nothing; by default a new trace begins.
    pub fn remote_parent(self, parent: impl Into<Option<TraceContext>>) -> Self {
        match parent.into() {
            Some(parent) => self.set_more(|more| more.origin.parent = Parent::Remote(parent)),
            None => self,
        }
    }

    /// Sets the span's own context: its trace id, span id, parent and sampling decision.
    /// The sampler is not asked.
    pub fn context(self, context: TraceContext) -> Self {
        self.set_more(|more| more.origin.parent = Parent::Given(context))
    }

    /// Takes the tracer that is current now, not the one at the beginning.
    #[cfg(feature = "tokio")]
    pub(crate) fn with_current_tracer(self) -> Self {
        self.set(|root| root.tracer = root.tracer.take().or_else(crate::tracer::global::current))
    }

    /// Runs a future as the span's body. The span begins at the first poll. The output does
    /// not affect the span; for a `Result` see [`run_result`](Self::run_result).
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
    /// own text; the attributes also add the texts of its sources.
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
    /// The same as for [`run`](Self::run).
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

    /// Starts a root span and returns it as a value. The span has its own scope, which
    /// delivers what it recorded when the span ends. Without a tracer it does nothing.
    ///
    /// ```
    /// let span = trace_core::root("GET /orders").start();
    /// span.in_scope(|| { /* the handler */ });
    /// span.end(); // when the body has been sent
    /// ```
    pub fn start(self) -> OpenSpan {
        let root = self.0.get();
        OpenSpan::root(
            || root.and_then(begin::scope_of),
            || root.map_or((0, 0), Begin::open),
        )
    }

    fn set(mut self, change: impl FnOnce(&mut Root)) -> Self {
        if let Some(root) = self.0.get_mut() {
            change(root);
        }
        self
    }

    fn set_more(self, change: impl FnOnce(&mut More)) -> Self {
        self.set(|root| change(root.more.get_or_insert_with(More::take)))
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

/// Records an error of the current span; returns whether there is one.
fn record_failure<T, E: fmt::Display>(output: &Result<T, E>) -> bool {
    if let (Err(error), Some(span)) = (output, write::own_span()) {
        write::error(span, std::any::type_name::<E>(), error, true);
    }
    output.is_err()
}
