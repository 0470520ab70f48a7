//! Spans that are held: by a body, a stream, a task of a library, or a bridge.

use std::fmt;
use std::task::Poll;

use super::refused::Refused;
use crate::propagation::{Injector, Propagator, W3cPropagator};
use crate::record::{HeldSpan, IfRecording, Scope, quietly, tag_input, write};
use crate::value::{Link, Outcome, SpanKind, Status, TagSource, Timestamp, TraceContext};

/// A span that can be held, moved to other threads, shared by them, entered and ended.
///
/// For work whose beginning and end are in different places: the body of a response, a
/// hand-written `Future`, `Stream` or `AsyncRead`, a message that waits to be
/// acknowledged, a bridge to another library. Where the work is a function, the
/// [attribute](crate::traced) is shorter, costs half, and cannot be forgotten.
///
/// ```
/// use trace_core::{MemoryCollector, Tracer, span};
///
/// let spans = MemoryCollector::new();
/// let tracer = Tracer::builder("shop").collector(spans.clone()).on_demand().build()?;
/// tracer.root("order").run_sync(|| {
///     let span = span::start("consume");
///     {
///         let _in = span.enter();
///         span::in_span("work", || {}); // a child of `consume`
///     }
///     let span = std::thread::spawn(move || {
///         span.add_tag("acknowledged", true); // from anywhere
///         span
///     });
///     span.join().unwrap().end();
/// });
/// tracer.flush(std::time::Duration::ZERO);
/// let [order, consume, work] = &spans.spans()[..] else { panic!() };
/// assert_eq!(consume.parent_span_id, Some(order.span_id));
/// assert_eq!(work.parent_span_id, Some(consume.span_id));
/// # Ok::<(), trace_core::BuildError>(())
/// ```
///
/// # How it begins
///
/// | | the span is |
/// |---|---|
/// | [`span::start`](crate::span::start) | below the current one |
/// | [`span::build`](crate::span::build) | the same, with a kind, tags, links, a start in the past |
/// | [`RootBuilder::start`](crate::RootBuilder::start) | a root, or below a span of another process |
///
/// Where nothing is recorded the span does nothing. Where a trace runs that is not sampled,
/// it carries that trace's context.
///
/// # How it ends
///
/// The first of these wins; what is said of the span later is lost and counted in
/// [`Stats::unattached`](crate::Stats::unattached).
///
/// | what happens | outcome |
/// |---|---|
/// | [`end`](Self::end), or [`EnteredSpan`](crate::EnteredSpan) is dropped | ok, also after [`record_error`](Self::record_error) |
/// | [`end_with`](Self::end_with), or `ends` of [`poll`](Self::poll) gives an outcome | that |
/// | [`poll_result`](Self::poll_result) is ready | ok or error |
/// | [`end_at`](Self::end_at) | ok, at that time |
/// | the code in `poll` panics | panicked |
/// | it is dropped by a panic that began after its start | panicked |
/// | it is dropped otherwise | cancelled, with a tag `cancelled` |
///
/// After its end nothing is below it: entering it does nothing, and what runs then is a
/// child of whatever else is current, or of nothing.
///
/// A span that ends while other threads are in it is delivered when they have left it.
/// Until its end it holds its trace open, and nothing else. A span that ends after its
/// parent is found by [`Trace::problems`](crate::Trace::problems), which is no mistake.
///
/// Fields of a struct are dropped in the order in which they are declared: declare the span
/// last, and what the others do when they are dropped is within it.
///
/// # What is said by several threads
///
/// What happens before something else, by a channel or a join, is said before it. What is
/// said at the same time has any order, and nothing is lost. Of code that runs within the
/// span on one thread, all that it says by the functions of [`span`](crate::span) counts
/// as said when it entered, as far as it is compared with what other threads say.
///
/// # Cancel safety
///
/// Dropping it at any point ends the span as cancelled; nothing else is lost.
#[must_use = "a span that is dropped at once has ended as cancelled: bind it, or run code in it"]
pub struct OpenSpan(pub(super) IfRecording<Held>);

/// See [`OpenSpan`].
#[derive(Default)]
pub(super) enum Held {
    /// No trace runs here.
    #[default]
    Nothing,
    Unsampled(Refused),
    Recorded(HeldSpan),
}

impl OpenSpan {
    /// A span in a trace that is not recorded, or in none.
    pub(super) fn unrecorded(scope: Option<Scope>) -> Held {
        scope.map_or(Held::Nothing, |scope| Held::Unsampled(Refused::new(scope)))
    }

    /// Begins a root in a scope of its own. `open` opens the span in there, and returns it
    /// and its parent.
    pub(crate) fn root(
        scope: impl FnOnce() -> Option<Scope>,
        open: impl FnOnce() -> (u64, u64),
    ) -> Self {
        Self(IfRecording::from_fn(|| match scope() {
            Some(scope) if scope.is_recording() => {
                HeldSpan::start_in(scope, open).map_or(Held::Nothing, Held::Recorded)
            }
            scope => Self::unrecorded(scope.filter(Scope::is_unsampled)),
        }))
    }

    fn recorded(&self) -> Option<&HeldSpan> {
        match self.0.get() {
            Some(Held::Recorded(span)) => Some(span),
            _ => None,
        }
    }

    /// Whether this thread unwinds, by a panic that began after the span.
    pub(super) fn is_unwound(&self) -> bool {
        self.recorded().is_some_and(HeldSpan::is_unwound)
    }

    /// Returns whether the span is recorded and has not ended.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.recorded().is_some_and(|span| !span.has_ended())
    }

    /// Returns the span's context, to be sent to another service or kept for a link;
    /// `None` where no trace runs. Also there where the trace is not sampled.
    ///
    /// Its baggage is the one at the span's start.
    #[must_use]
    pub fn context(&self) -> Option<TraceContext> {
        match self.0.get()? {
            Held::Nothing => None,
            Held::Unsampled(span) => span.scope.unsampled_context(),
            Held::Recorded(span) => span.context(),
        }
    }

    /// Writes the span's context into the headers of a request; returns whether there is
    /// one. See [`span::inject`](crate::span::inject).
    pub fn inject(&self, headers: &mut dyn Injector) -> bool {
        self.inject_with(&W3cPropagator, headers)
    }

    /// Writes the span's context as a propagator writes it; returns whether there is one.
    /// See [`span::inject_with`](crate::span::inject_with).
    pub fn inject_with(&self, propagator: &dyn Propagator, headers: &mut dyn Injector) -> bool {
        let context = self.context();
        if let Some(context) = &context {
            propagator.inject(context, headers);
            if let Some(span) = self.recorded() {
                span.write(write::context_sent);
            }
        }
        context.is_some()
    }

    /// Adds a tag; replaces the value of one with the same key. See
    /// [`span::add_tag`](crate::span::add_tag).
    #[doc(alias = "set_attribute")]
    // Inlined, so that a value whose type is known is not looked at.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn add_tag(&self, key: impl AsRef<str>, value: impl TagSource) {
        let Some(span) = self.recorded() else { return };
        let (key, value) = (key.as_ref(), tag_input(&value));
        match span.at_home() {
            Some(id) => write::named_tag(id, key, value),
            None => span.write_in_visit(|id| write::named_tag(id, key, value)),
        }
    }

    /// Adds a log with the time of the call.
    #[doc(alias = "add_event")]
    pub fn add_log(&self, message: impl AsRef<str>) {
        self.write_log(message.as_ref(), &[]);
    }

    /// Adds a log with fields and the time of the call.
    pub fn add_log_with(&self, message: impl AsRef<str>, fields: &[(&str, &dyn TagSource)]) {
        self.write_log(message.as_ref(), fields);
    }

    fn write_log(&self, message: &str, fields: &[(&str, &dyn TagSource)]) {
        if let Some(span) = self.recorded() {
            span.write(|id| write::log(id, message, fields));
        }
    }

    /// Marks the span as failed: its status, the tag `error.type`, and a log
    /// `exception`. The outcome is up to how the span [ends](Self::end_with).
    #[doc(alias = "record_exception")]
    pub fn record_error<E: fmt::Display + ?Sized>(&self, error: &E) {
        if let Some(span) = self.recorded() {
            span.write(|id| write::error(id, std::any::type_name::<E>(), &error, true));
        }
    }

    /// Says whether the work failed. [`Status::Ok`] is final, [`Status::Unset`] says
    /// nothing. A text is the message of an error.
    pub fn set_status(&self, status: impl Into<Status>) {
        if let Some(span) = self.recorded()
            && let Some(status) = quietly(|_| status.into())
        {
            span.write(|id| write::status(id, &status));
        }
    }

    /// Sets another operation name.
    #[doc(alias = "update_name")]
    pub fn set_operation_name(&self, name: impl AsRef<str>) {
        self.write_name(write::operation_name, name.as_ref());
    }

    /// Sets another service name than the tracer's.
    pub fn set_service_name(&self, name: impl AsRef<str>) {
        self.write_name(write::service_name, name.as_ref());
    }

    fn write_name(&self, write: fn(u64, &str), name: &str) {
        if let Some(span) = self.recorded() {
            span.write(|id| write(id, name));
        }
    }

    /// Sets the span's part in a call.
    pub fn set_kind(&self, kind: SpanKind) {
        if let Some(span) = self.recorded() {
            span.write(|id| write::kind(id, kind));
        }
    }

    /// Adds a link to a span of another trace.
    pub fn add_link(&self, link: impl Into<Link>) {
        if let Some(span) = self.recorded()
            && let Some(link) = quietly(|_| link.into())
        {
            span.write(|id| write::link(id, &link));
        }
    }

    /// Makes the span the current one on this thread until [`exit`](Self::exit), for a
    /// bridge to a library where these are two calls. Otherwise use
    /// [`enter`](Self::enter).
    ///
    /// Spans may be left in any order. One that is entered twice is left when it was left
    /// twice. One that is ended or dropped on this thread is left by that. Exit it before it
    /// is dropped on another thread: nobody else can, and it would stay the current one here.
    pub fn enter_unguarded(&self) {
        self.enter_if_open();
    }

    /// Returns whether there is something to leave.
    pub(super) fn enter_if_open(&self) -> bool {
        match self.0.get() {
            None | Some(Held::Nothing) => false,
            Some(Held::Unsampled(span)) => span.enter(),
            Some(Held::Recorded(span)) => span.enter(),
        }
    }

    /// Undoes the last [`enter_unguarded`](Self::enter_unguarded) on this thread, if there
    /// is one.
    ///
    /// A span that began after it, and still goes on, stays the current one.
    pub fn exit(&self) {
        match self.0.get() {
            None | Some(Held::Nothing) => {}
            Some(Held::Unsampled(span)) => drop(span.scope.leave_copy()),
            Some(Held::Recorded(span)) => span.leave(),
        }
    }

    /// Runs one poll of the holder within the span, for whoever writes a `Future`,
    /// `Stream`, `Body` or `AsyncRead` that is a span. Takes no lock, unless the span ends
    /// or somebody else is in it.
    ///
    /// `ends` is called within the span with what is ready, and says whether the span
    /// ends, and if so, how; what it says of the span itself, it says by the functions of
    /// [`span`](crate::span). If the poll panics, the span has panicked. After its end,
    /// polls are no part of it. A poll that is pending leaves it open; dropped then, it was
    /// cancelled.
    ///
    /// A server that knows where a body ends, by its `is_end_stream` or its length, does not
    /// poll for the end: where that may be, end the span with the last frame, or in `Drop`.
    ///
    /// ```
    /// use std::pin::Pin;
    /// use std::task::{Context, Poll};
    /// use futures_core::Stream;
    /// use trace_core::{OpenSpan, Outcome};
    ///
    /// struct Body<S> {
    ///     rows: S,
    ///     span: OpenSpan, // last: what is above is dropped first, and within it
    /// }
    ///
    /// impl<S: Stream + Unpin> Stream for Body<S> {
    ///     type Item = S::Item;
    ///
    ///     fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
    ///         let Self { span, rows } = self.get_mut();
    ///         span.poll(
    ///             || Pin::new(rows).poll_next(cx),
    ///             |row| row.is_none().then_some(Outcome::Ok), // ends with the last row
    ///         )
    ///     }
    /// }
    /// ```
    #[inline]
    pub fn poll<T>(
        &mut self,
        poll: impl FnOnce() -> Poll<T>,
        ends: impl FnOnce(&T) -> Option<Outcome>,
    ) -> Poll<T> {
        match self.0.get_mut() {
            None | Some(Held::Nothing) => poll(),
            Some(Held::Unsampled(span)) if span.has_ended() => poll(),
            Some(Held::Unsampled(span)) => {
                let entered = span.scope.enter();
                let polled = poll();
                let has_ended = match &polled {
                    Poll::Ready(ready) => ends(ready).is_some(),
                    Poll::Pending => false,
                };
                drop(entered);
                if has_ended {
                    span.end();
                }
                polled
            }
            Some(Held::Recorded(span)) => span.poll(poll, ends),
        }
    }

    /// Runs one poll of the holder within the span, which ends with what is ready: well, or
    /// with the error, which is recorded. For items of streams and for errors that cannot be
    /// displayed there is [`poll`](Self::poll).
    ///
    /// ```
    /// use std::pin::Pin;
    /// use std::task::{Context, Poll};
    /// use trace_core::OpenSpan;
    ///
    /// struct Download<F> {
    ///     inner: F,
    ///     span: OpenSpan,
    /// }
    ///
    /// impl<F: Future<Output = std::io::Result<u64>> + Unpin> Future for Download<F> {
    ///     type Output = F::Output;
    ///
    ///     fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
    ///         let Self { span, inner } = self.get_mut();
    ///         span.poll_result(|| Pin::new(inner).poll(cx))
    ///     }
    /// }
    /// ```
    pub fn poll_result<T, E: fmt::Display>(
        &mut self,
        poll: impl FnOnce() -> Poll<Result<T, E>>,
    ) -> Poll<Result<T, E>> {
        self.poll(poll, |result| {
            if let (Err(error), Some(span)) = (result, write::own_span()) {
                write::error(span, std::any::type_name::<E>(), error, true);
            }
            Some(Outcome::of_body(result.is_err()))
        })
    }

    /// Ends the span with outcome ok. On this thread it is left first.
    #[inline]
    pub fn end(&self) {
        self.end_with(Outcome::Ok);
    }

    /// Ends the span. What the error was is said by [`record_error`](Self::record_error)
    /// before; without that, its status stays unset.
    pub fn end_with(&self, outcome: Outcome) {
        self.end_as(outcome, None);
    }

    /// Ends the span well, at another time than now. A time before the start counts as the
    /// start.
    pub fn end_at(&self, time: Timestamp) {
        self.end_as(Outcome::Ok, Some(time));
    }

    fn end_as(&self, outcome: Outcome, time: Option<Timestamp>) {
        match self.0.get() {
            None | Some(Held::Nothing) => {}
            Some(Held::Unsampled(span)) => span.end(),
            Some(Held::Recorded(span)) => drop(span.end(outcome, time)),
        }
    }
}

impl fmt::Debug for OpenSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenSpan")
            .field("context", &self.context())
            .field("is_recording", &self.is_recording())
            .finish_non_exhaustive()
    }
}
