//! Held spans: spans as values. The owner can be a body, a stream, a task of a library, or a
//! bridge.
//!
//! Owns the public type and the choice between a recorded span, a span that is not sampled,
//! and no span. `record/span/held` enters and ends recorded spans.

use std::fmt;
use std::task::Poll;

use super::refused::Refused;
use crate::propagation::{Injector, InstalledPropagator, Propagator};
use crate::record::{HeldSpan, IfRecording, Scope, quietly, tag_input, write};
use crate::value::{Link, Outcome, SpanKind, Status, TagSource, Timestamp, TraceContext};

/// A span as a value. It can be stored, moved to other threads, shared by them, entered and
/// ended.
///
/// Use it for work that begins and ends in different places: the body of a response, a
/// hand-written `Future`, `Stream` or `AsyncRead`, a message that waits to be acknowledged, a
/// bridge to another library. If the work is a function, use the [attribute](crate::traced):
/// it is shorter, costs half as much, and always ends the span.
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
/// Without a trace the span does nothing. In a trace that is not sampled, it carries that
/// trace's context.
///
/// # How it ends
///
/// The first of these events ends the span. Tags, logs and errors that are added later are lost
/// and counted in [`Stats::unattached`](crate::Stats::unattached).
///
/// | what happens | outcome |
/// |---|---|
/// | [`end`](Self::end), or the drop of an [`EnteredSpan`](crate::EnteredSpan) | ok, even after [`record_error`](Self::record_error) |
/// | [`end_with`](Self::end_with), or an outcome from `ends` of [`poll`](Self::poll) | that outcome |
/// | [`poll_result`](Self::poll_result) is ready | ok or error |
/// | [`end_at`](Self::end_at) | ok, at that time |
/// | a panic in `poll` | panicked |
/// | a drop by a panic that began after its start | panicked |
/// | any other drop | cancelled, with a tag `cancelled` |
///
/// After its end, the span gets no more children. Entering it does nothing: code that runs
/// then belongs to the span that was current before, if there was one.
///
/// If a span ends while other threads are in it, it is delivered after they have left it.
/// Until its end, the span keeps its trace open, but nothing else. A span may end after its
/// parent. This is not a mistake, but [`Trace::problems`](crate::Trace::problems) reports it.
///
/// Rust drops the fields of a struct in the order of their declaration. Declare the span last,
/// so that the other fields are dropped within it.
///
/// # Order between threads
///
/// If the application orders two calls, for example with a channel or a join, they are
/// recorded in that order. Concurrent calls are recorded in any order, and no call is lost.
/// There is one exception: calls of the functions of [`span`](crate::span) by code that has
/// entered the span. In the order between threads, they all count as made at the moment of
/// entering.
///
/// # Cancel safety
///
/// Dropping the span at any point ends it as cancelled. All data that was recorded before is
/// kept.
#[must_use = "a span that is dropped at once has ended as cancelled: bind it, or run code in it"]
pub struct OpenSpan(pub(super) IfRecording<Held>);

/// See [`OpenSpan`]. The variant is chosen at the start and never changes.
#[derive(Default)]
pub(super) enum Held {
    /// There was no trace at the start, or nothing could be recorded.
    #[default]
    Nothing,
    /// The trace was not sampled.
    Unsampled(Refused),
    /// The span is recorded, whether or not it has ended.
    Recorded(HeldSpan),
}

impl OpenSpan {
    /// Makes a span that is not recorded: in the scope of a trace that is not sampled, or
    /// without a trace.
    pub(super) fn unrecorded(scope: Option<Scope>) -> Held {
        scope.map_or(Held::Nothing, |scope| Held::Unsampled(Refused::new(scope)))
    }

    /// Begins a root in its own scope. `open` runs in that scope, opens the span there, and
    /// returns it and its parent.
    pub(crate) fn root(
        scope: impl FnOnce() -> Option<Scope>,
        open: impl FnOnce() -> (u64, u64),
    ) -> Self {
        Self(IfRecording::from_fn(|| match scope() {
            Some(scope) if scope.is_recording() => Self::held_in_own_scope(scope, open),
            scope => Self::unrecorded(scope.filter(Scope::is_unsampled)),
        }))
    }

    /// Begins a root in its own scope, which records.
    pub(crate) fn in_own_scope(scope: Scope, open: impl FnOnce() -> (u64, u64)) -> Self {
        Self(IfRecording::from_fn(|| {
            Self::held_in_own_scope(scope, open)
        }))
    }

    fn held_in_own_scope(scope: Scope, open: impl FnOnce() -> (u64, u64)) -> Held {
        HeldSpan::start_in(scope, open).map_or(Held::Nothing, Held::Recorded)
    }

    /// Makes a span of the scope of a trace that is not recorded.
    pub(super) fn from_unrecorded(scope: IfRecording<Scope>) -> Self {
        Self(IfRecording::from_fn(|| {
            Self::unrecorded(scope.into_inner().filter(Scope::is_unsampled))
        }))
    }

    fn recorded(&self) -> Option<&HeldSpan> {
        match self.0.get() {
            Some(Held::Recorded(span)) => Some(span),
            _ => None,
        }
    }

    /// Returns whether this thread is unwinding because of a panic that began after the span.
    pub(super) fn is_unwound(&self) -> bool {
        self.recorded().is_some_and(HeldSpan::is_unwound)
    }

    /// Returns whether the span is recorded and has not ended.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.recorded().is_some_and(|span| !span.has_ended())
    }

    /// Returns the span's context, to send to another service or to keep for a link; `None`
    /// without a trace. A span of a trace that is not sampled also has a context.
    ///
    /// The context has the baggage from the start of the span.
    #[must_use]
    pub fn context(&self) -> Option<TraceContext> {
        match self.0.get()? {
            Held::Nothing => None,
            Held::Unsampled(span) => span.scope.unsampled_context(),
            Held::Recorded(span) => span.context(),
        }
    }

    /// Writes the span's context into the headers of a request; returns whether the span has
    /// one. See [`span::inject`](crate::span::inject).
    pub fn inject(&self, headers: &mut dyn Injector) -> bool {
        self.inject_with(&InstalledPropagator, headers)
    }

    /// Writes the span's context in the formats of a propagator; see
    /// [`span::inject_with`](crate::span::inject_with).
    pub fn inject_with(&self, propagator: &dyn Propagator, headers: &mut dyn Injector) -> bool {
        let context = match self.0.get() {
            Some(Held::Unsampled(span)) => span.scope.unsampled_context_of_call(),
            _ => self.context(),
        };
        if let Some(context) = &context {
            propagator.inject(context, headers);
            if let Some(span) = self.recorded() {
                span.write(write::context_sent);
            }
        } else if let Some(Held::Unsampled(span)) = self.0.get()
            && let Some((start, baggage)) = span.scope.start_passed_on()
        {
            propagator.inject_start(start, &baggage, headers);
        }
        context.is_some()
    }

    /// Adds a tag, or replaces the value of a tag with the same key. See
    /// [`span::add_tag`](crate::span::add_tag).
    #[doc(alias = "set_attribute")]
    // Inlined, so that the compiler knows the type of the value and removes the other cases of
    // `TagInput`.
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

    /// Marks the span as failed: sets its status and the tag `error.type`, and adds a log
    /// `exception`. Does not set the outcome; [`end_with`](Self::end_with) does.
    #[doc(alias = "record_exception")]
    pub fn record_error<E: fmt::Display + ?Sized>(&self, error: &E) {
        if let Some(span) = self.recorded() {
            span.write(|id| write::error(id, std::any::type_name::<E>(), &error, true));
        }
    }

    /// Sets whether the work failed. [`Status::Ok`] is final; [`Status::Unset`] changes
    /// nothing. A text becomes the message of an error.
    pub fn set_status(&self, status: impl Into<Status>) {
        if let Some(span) = self.recorded()
            && let Some(status) = quietly(|_| status.into())
        {
            span.write(|id| write::status(id, &status));
        }
    }

    /// Changes the operation name.
    #[doc(alias = "update_name")]
    pub fn set_operation_name(&self, name: impl AsRef<str>) {
        self.write_name(write::operation_name, name.as_ref());
    }

    /// Sets a service name that replaces the service name of the tracer.
    pub fn set_service_name(&self, name: impl AsRef<str>) {
        self.write_name(write::service_name, name.as_ref());
    }

    fn write_name(&self, write: fn(u64, &str), name: &str) {
        if let Some(span) = self.recorded() {
            span.write(|id| write(id, name));
        }
    }

    /// Sets the span's role in a call.
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

    /// Makes the span the current span on this thread until [`exit`](Self::exit). Use it for a
    /// bridge to a library with separate calls to enter and exit. Otherwise use
    /// [`enter`](Self::enter).
    ///
    /// Spans may be exited in any order. A span that was entered twice must be exited twice.
    /// Ending or dropping the span on this thread also exits it. If another thread drops the
    /// span, first exit it on this thread. Otherwise it stays the current span here.
    pub fn enter_unguarded(&self) {
        self.enter_if_open();
    }

    /// Enters the span if it is open; returns whether the span must be left later.
    pub(super) fn enter_if_open(&self) -> bool {
        match self.0.get() {
            None | Some(Held::Nothing) => false,
            Some(Held::Unsampled(span)) => span.enter(),
            Some(Held::Recorded(span)) => span.enter(),
        }
    }

    /// Undoes the last [`enter_unguarded`](Self::enter_unguarded) on this thread, if any.
    ///
    /// If another span began within this span and still runs, it stays the current span.
    pub fn exit(&self) {
        match self.0.get() {
            None | Some(Held::Nothing) => {}
            Some(Held::Unsampled(span)) => drop(span.scope.leave_copy()),
            Some(Held::Recorded(span)) => span.leave(),
        }
    }

    /// Runs one poll within the span. Call it in the poll function of a hand-written
    /// `Future`, `Stream`, `Body` or `AsyncRead` that owns the span. Takes no lock, unless the
    /// span ends or another thread is in it.
    ///
    /// When the poll is ready, `ends` is called within the span, with the value. It returns
    /// the outcome with which the span ends, or `None` to keep the span open. To describe the
    /// span, `ends` may call the functions of [`span`](crate::span). If the poll panics, the
    /// span ends as panicked. After the span has ended, polls run outside of it.
    ///
    /// Some servers know from `is_end_stream` or from the length where a body ends, and do not
    /// poll for the end. In that case, end the span with the last frame, or in `Drop`.
    ///
    /// # Cancel safety
    ///
    /// A pending poll leaves the span open. If the owner is dropped then, the span ends as
    /// cancelled.
    ///
    /// ```
    /// use std::pin::Pin;
    /// use std::task::{Context, Poll};
    /// use futures_core::Stream;
    /// use trace_core::{OpenSpan, Outcome};
    ///
    /// struct Body<S> {
    ///     rows: S,
    ///     span: OpenSpan, // last: `rows` is dropped first, within the span
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

    /// Runs one poll within the span and ends the span when the result is ready. An error is
    /// recorded. For items of streams, and for errors without `Display`, use
    /// [`poll`](Self::poll).
    ///
    /// # Cancel safety
    ///
    /// See [`poll`](Self::poll).
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
            Some(Outcome::from_body(result.is_err()))
        })
    }

    /// Ends the span with outcome ok. If this thread has entered it, it is exited first.
    #[inline]
    pub fn end(&self) {
        self.end_with(Outcome::Ok);
    }

    /// Ends the span with an outcome. To record the error itself, call
    /// [`record_error`](Self::record_error) first. Otherwise the status stays unset.
    pub fn end_with(&self, outcome: Outcome) {
        self.end_as(outcome, None);
    }

    /// Ends the span with outcome ok at the given time. A time before the start counts as the
    /// start.
    pub fn end_at(&self, time: Timestamp) {
        self.end_as(Outcome::Ok, Some(time));
    }

    /// Reads the clock of the span's tracer; zero if the span is not recorded.
    #[inline]
    pub(crate) fn read_clock(&self) -> u64 {
        self.recorded().map_or(0, HeldSpan::read_clock)
    }

    /// Ends the span at an earlier reading of that clock.
    pub(crate) fn end_at_reading(&self, outcome: Outcome, reading: u64) {
        match self.0.get() {
            None | Some(Held::Nothing) => {}
            Some(Held::Unsampled(span)) => span.end(),
            Some(Held::Recorded(span)) => drop(span.end_at_reading(outcome, reading)),
        }
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
