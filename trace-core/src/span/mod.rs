//! Functions that describe the current span, return its context, and start spans below it.
//!
//! These functions do not panic, and only [`set_baggage`] can return an error. Without a
//! recorded span, functions that add data do nothing and do not read the value. To avoid
//! computing the value, write it in `tags(..)` of the attribute, or check [`is_recording`]
//! first.
//!
//! Names, keys and messages can be any text: `"literal"`, `&name`, `format!(..)`.
//!
//! ```
//! use trace_core::{MemoryCollector, Tracer, span};
//!
//! span::add_tag("nobody", "listens"); // no span: nothing happens
//!
//! let spans = MemoryCollector::new();
//! let tracer = Tracer::builder("shop").collector(spans.clone()).on_demand().build()?;
//! tracer.root("checkout").run_sync(|| {
//!     span::add_tag("order.id", 42);
//!     span::add_log("asking the bank");
//!     span::in_span("pay", || span::add_tag("card", "visa"));
//! });
//! let _report = tracer.flush(std::time::Duration::ZERO);
//! assert_eq!(spans.spans().len(), 2);
//! # Ok::<(), trace_core::BuildError>(())
//! ```

pub(crate) mod builder;
pub(crate) mod captured;
pub(crate) mod guard;
mod in_trace;
pub(crate) mod open_span;
mod refused;
pub(crate) mod unrecorded;

use std::fmt;
use std::panic::Location;

use crate::propagation::{Injector, InstalledPropagator, Propagator};
use crate::record::{self, IfRecording, RECORDING_BUILT, Scope, SpanGuard, entered, write};
use crate::value::{
    Baggage, InvalidBaggage, Link, SpanKind, Status, TagSource, TraceContext, TraceId,
};

pub use builder::{build, start};
pub use in_trace::{InCurrentTrace, InSpan, TraceFuture, TraceStream};

/// Returns whether there is a recorded span, so that tags and logs are recorded.
#[must_use]
#[inline]
pub fn is_recording() -> bool {
    record::is_recording()
}

/// Adds a tag, or replaces the value of a tag with the same key.
///
/// A text longer than [`Limits::max_value_bytes`](crate::Limits::max_value_bytes)
/// is cut. A `Duration` is recorded in seconds; `None` adds nothing. [`TagSource`] lists the
/// other types of values.
///
/// ```
/// use std::time::Duration;
/// use trace_core::{display, span};
///
/// let address = std::net::Ipv4Addr::LOCALHOST;
/// span::add_tag("retries", 3);
/// span::add_tag("waited", Duration::from_millis(250)); // 0.25
/// span::add_tag(format!("peer.{}", 1), display(address));
/// ```
#[doc(alias = "set_attribute")]
#[inline]
pub fn add_tag(key: impl AsRef<str>, value: impl TagSource) {
    if let Some(span) = write::own_span_or_count() {
        write::named_tag(span, key.as_ref(), record::tag_input(&value));
    }
}

/// Adds a log with the time of the call.
///
/// ```
/// use trace_core::span;
///
/// let seats = 3;
/// span::add_log("seats are free");
/// span::add_log(format!("{seats} seats are free"));
/// ```
#[doc(alias = "add_event")]
#[inline]
pub fn add_log(message: impl AsRef<str>) {
    write_log(message.as_ref(), &[]);
}

/// Adds a log with fields and the time of the call.
///
/// ```
/// use trace_core::span;
///
/// span::add_log_with("retrying", &[("attempt", &2), ("reason", &"timeout")]);
/// ```
#[inline]
pub fn add_log_with(message: impl AsRef<str>, fields: &[(&str, &dyn TagSource)]) {
    write_log(message.as_ref(), fields);
}

// A generic function is compiled in each crate that calls it. So the generic functions of this
// file only convert their arguments and call a function that is not generic.
fn write_log(message: &str, fields: &[(&str, &dyn TagSource)]) {
    if let Some(span) = write::own_span_or_count() {
        write::log(span, message, fields);
    }
}

/// Sets whether the work failed. [`Status::Ok`] is final; [`Status::Unset`] changes nothing. A
/// text becomes the message of an error.
///
/// This sets only the status. To record the error as well, call [`record_error`].
///
/// Source: OpenTelemetry trace API, *Set Status*.
///
/// ```
/// use trace_core::{Status, span};
///
/// span::set_status("card declined"); // `Status::Error`
/// span::set_status(Status::Ok);
/// ```
pub fn set_status(status: impl Into<Status>) {
    if let Some(span) = write::own_span_or_count()
        && let Some(status) = record::quietly(|_| status.into())
    {
        write::status(span, &status);
    }
}

/// Marks the span as failed: sets its status and the tag `error.type`, and adds a log
/// `exception`.
///
/// A traced function that returns an `Err` does this automatically. The type of the error is
/// the type of the argument.
///
/// ```
/// use trace_core::span;
///
/// if let Err(error) = "x".parse::<u32>() {
///     span::record_error(&error);
/// }
/// ```
#[doc(alias = "record_exception")]
pub fn record_error<E: fmt::Display + ?Sized>(error: &E) {
    if let Some(span) = write::own_span_or_count() {
        write::error(span, std::any::type_name::<E>(), &error, true);
    }
}

/// Adds a link to a span of another trace: a [`Link`], or the [`TraceContext`] of that span.
///
/// ```
/// use trace_core::{Carried, span};
///
/// fn work(batch: &[Carried<u32>]) {
///     for sender in batch.iter().filter_map(Carried::context) {
///         span::add_link(sender);
///     }
/// }
/// # work(&[Carried::new(1)]);
/// ```
pub fn add_link(link: impl Into<Link>) {
    if let Some(span) = write::own_span_or_count()
        && let Some(link) = record::quietly(|_| link.into())
    {
        write::link(span, &link);
    }
}

/// Changes the operation name.
#[doc(alias = "update_name")]
#[inline]
pub fn set_operation_name(name: impl AsRef<str>) {
    write_name(write::operation_name, name.as_ref());
}

/// Sets a service name that replaces the service name of the tracer.
#[inline]
pub fn set_service_name(name: impl AsRef<str>) {
    write_name(write::service_name, name.as_ref());
}

fn write_name(write: fn(u64, &str), name: &str) {
    if let Some(span) = write::own_span_or_count() {
        write(span, name);
    }
}

/// Sets the span's role in a call. Samplers only see the kind with which the span began.
pub fn set_kind(kind: SpanKind) {
    if let Some(span) = write::own_span_or_count() {
        write::kind(span, kind);
    }
}

/// Returns the current context, to send to another service or to keep for a link; `None`
/// without a trace. A trace that is not sampled also has a context.
///
/// For a recorded span, the [parent](TraceContext::parent_span_id) is known only until its
/// scope hands over the beginning of the span. This happens after about 500 spans.
#[must_use]
pub fn current_context() -> Option<TraceContext> {
    record::current_context()
}

/// Returns the id of the current trace, for example for a log line; `None` without a trace. A
/// trace that is not sampled also has an id.
///
/// The id is displayed as 32 lower-case hex digits. This call costs less than
/// [`current_context`], which is for code that continues the trace.
///
/// ```
/// use trace_core::span;
///
/// fn log(message: &str) {
///     match span::current_trace_id() {
///         Some(id) => println!("trace_id={id} {message}"),
///         None => println!("{message}"),
///     }
/// }
/// # log("no trace");
/// # let tracer = trace_core::Tracer::builder("shop").on_demand().build()?;
/// # tracer.root("root").run_sync(|| {
/// #     log("a trace");
/// #     let id = span::current_trace_id().map(|id| id.to_string());
/// #     assert_eq!(id.map(|id| id.len()), Some(32));
/// # });
/// # Ok::<(), trace_core::BuildError>(())
/// ```
#[must_use]
pub fn current_trace_id() -> Option<TraceId> {
    record::current_trace_id()
}

/// Writes the current context into the headers of a request; returns whether a trace runs
/// here. The headers are `traceparent`, `tracestate` and `baggage`, or those of the
/// [`InstalledPropagator`].
///
/// In a trace that is not sampled, each call writes a new span id. Without a tracer, a context
/// that a [root](crate::RootBuilder::extracted) received from its caller is passed on
/// unchanged. So is what came without a context, such as baggage alone, but then no trace runs.
/// For other headers, use [`inject_with`].
///
/// ```
/// use std::collections::HashMap;
/// use trace_core::span;
///
/// let mut headers = HashMap::new();
/// trace_core::root("call").run_sync(|| span::inject(&mut headers));
/// # assert!(headers.is_empty()); // no tracer here
/// ```
pub fn inject(headers: &mut dyn Injector) -> bool {
    inject_with(&InstalledPropagator, headers)
}

/// Writes the current context into the headers of a request, as a propagator writes it;
/// returns whether a trace runs here.
///
/// The span notes that its context was sent, so that its trace is not complete before the other
/// service has reported its part. A context that you give to a propagator yourself is not
/// noted.
///
/// ```
/// use std::collections::HashMap;
/// use trace_core::propagation::CompositePropagator;
/// use trace_core::span;
///
/// let propagator = CompositePropagator::from_env(); // OTEL_PROPAGATORS
/// let mut headers = HashMap::new();
/// trace_core::root("call").run_sync(|| span::inject_with(&propagator, &mut headers));
/// # assert!(headers.is_empty()); // no tracer here
/// ```
pub fn inject_with(propagator: &dyn Propagator, headers: &mut dyn Injector) -> bool {
    let context = record::context_of_call();
    if let Some(context) = &context {
        propagator.inject(context, headers);
        if let Some(span) = write::own_span() {
            write::context_sent(span);
        }
    } else if let Some((start, baggage)) = record::start_passed_on() {
        propagator.inject_start(start, &baggage, headers);
    }
    context.is_some()
}

/// Returns a value of the trace's baggage; `None` without a trace, or if the key is absent.
/// Baggage that is passed on without a trace can be read and changed, too.
///
/// ```
/// use trace_core::{Tracer, span};
///
/// let tracer = Tracer::builder("shop").on_demand().build()?;
/// tracer.root("order").run_sync(|| {
///     assert_eq!(span::set_baggage("tenant", "acme"), Ok(true));
///     assert_eq!(span::baggage("tenant").as_deref(), Some("acme"));
/// });
/// # Ok::<(), trace_core::BuildError>(())
/// ```
#[must_use]
#[inline]
pub fn baggage(key: impl AsRef<str>) -> Option<String> {
    baggage_of(key.as_ref())
}

fn baggage_of(key: &str) -> Option<String> {
    with_baggage(|baggage| baggage.get(key).map(ToOwned::to_owned)).flatten()
}

/// Sets a value of the trace's baggage. From now on, this task and the tasks that it spawns see
/// the value. Tasks that were spawned before, and the caller of this service, do not see it.
///
/// A called service sees it only if it is sent. [`inject`] sends it. The client of `trace-http`
/// sends no baggage, which may be private, unless it is told the hosts:
/// `trace_http::client().baggage_to(["*.internal"])`.
///
/// Returns whether there is a place for it: a trace that runs here, or baggage that is passed on
/// without a trace.
///
/// # Errors
///
/// If the key is not a token, or the baggage would be too large for a header.
#[inline]
pub fn set_baggage(key: impl AsRef<str>, value: impl AsRef<str>) -> Result<bool, InvalidBaggage> {
    insert_baggage(key.as_ref(), value.as_ref())
}

fn insert_baggage(key: &str, value: &str) -> Result<bool, InvalidBaggage> {
    let inserted = with_baggage(|baggage| baggage.insert(key, value));
    inserted.map_or(Ok(false), |inserted| inserted.map(|_| true))
}

/// Removes a value from the trace's baggage and returns it.
#[inline]
pub fn remove_baggage(key: impl AsRef<str>) -> Option<String> {
    take_baggage(key.as_ref())
}

fn take_baggage(key: &str) -> Option<String> {
    with_baggage(|baggage| baggage.remove(key)).flatten()
}

fn with_baggage<R>(change: impl FnOnce(&mut Baggage) -> R) -> Option<R> {
    if RECORDING_BUILT {
        entered::with_baggage(change)
    } else {
        None
    }
}

/// Runs a closure as the body of a child span. The returned value does not affect the span;
/// mark errors with [`record_error`].
///
/// ```
/// let sum = trace_core::span::in_span("add", || 1 + 2);
/// assert_eq!(sum, 3);
/// ```
#[track_caller]
pub fn in_span<R>(operation_name: impl AsRef<str>, body: impl FnOnce() -> R) -> R {
    let _guard = SpanGuard::enter_at(operation_name.as_ref(), Location::caller());
    body()
}

/// Runs a closure outside of the current trace, with the same tracer.
///
/// If a traced function is not `async` and returns a future or a stream, it belongs to the
/// trace in which it is called. It keeps that trace open until the future or stream ends. If
/// the future should outlive the trace, for example a background loop, call the function
/// within `detached`.
///
/// ```no_run
/// use trace_core::{span, traced};
///
/// #[traced]
/// fn watch() -> impl Future<Output = ()> {
///     async { /* for ever */ }
/// }
///
/// # async fn handler() {
/// tokio::spawn(span::detached(watch)); // and not `watch()`
/// # }
/// ```
pub fn detached<R>(body: impl FnOnce() -> R) -> R {
    let mut scope = IfRecording::from_fn(Scope::outside);
    let _entered = scope.get_mut().map(Scope::enter);
    body()
}
