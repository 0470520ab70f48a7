//! The functions with which generated code records spans, tags, services and errors.
//!
//! In all of them, `site` returns the function's site. `observe` gets the output, records its
//! error in the current span, and returns whether the body has failed.

pub use crate::record::{Paused, SpanGuard, Traced, traced};
pub use crate::root::RootGuard;
pub use crate::stream::Site;

use std::fmt;

use futures_core::Stream;

use super::calling::is_calling;
use super::{ServiceName, SpanOrigin};
use crate::record::{self, IfRecording, write};
use crate::root::{RootRun, SiteAtOrigin, SiteRoot};
use crate::value::TagSource;

/// Makes a future the body of a child span.
///
/// The span belongs to the trace in which this is called. There is one exception, which
/// `calling.rs` explains: in the body of a function that returns a future or a stream, the
/// span belongs to the trace of the first poll, if there is one.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn called<R, F, S, O>(site: S, observe: O, future: F) -> Traced<F, S, O>
where
    F: Future<Output = R>,
    S: Fn() -> &'static Site,
    O: Fn(&R) -> bool,
{
    match is_calling() {
        true => Traced::called_within(site, observe, future),
        false => Traced::called(site, observe, future),
    }
}

/// Makes a future the body of a root span.
#[inline]
pub fn root<R, F, S, O>(site: S, observe: O, future: F) -> impl Future<Output = R>
where
    F: Future<Output = R>,
    S: Fn() -> &'static Site,
    O: Fn(&R) -> bool,
{
    RootRun::new(IfRecording::from_fn(|| SiteRoot(site)), observe, future)
}

/// Makes a future the body of a span with an explicit origin.
#[inline]
pub fn from<R, F, S, O>(
    origin: SpanOrigin,
    site: S,
    observe: O,
    future: F,
) -> impl Future<Output = R>
where
    F: Future<Output = R>,
    S: Fn() -> &'static Site,
    O: Fn(&R) -> bool,
{
    RootRun::new(origin.begin(site), observe, future)
}

/// Makes a stream the body of a child span, in the trace that [`called`] describes.
#[inline]
pub fn called_stream<F, S, O>(site: S, observe: O, stream: F) -> Traced<F, S, O>
where
    F: Stream,
    S: Fn() -> &'static Site,
    O: Fn(&F::Item) -> bool,
{
    match is_calling() {
        true => Traced::called_within(site, observe, stream),
        false => Traced::called(site, observe, stream),
    }
}

/// Makes a stream the body of a root span.
#[inline]
pub fn root_stream<F, S, O>(site: S, observe: O, stream: F) -> impl Stream<Item = F::Item>
where
    F: Stream,
    S: Fn() -> &'static Site,
    O: Fn(&F::Item) -> bool,
{
    RootRun::new(IfRecording::from_fn(|| SiteRoot(site)), observe, stream)
}

/// Makes a stream the body of a span with an explicit origin.
#[inline]
pub fn stream_from<F, S, O>(
    origin: SpanOrigin,
    site: S,
    observe: O,
    stream: F,
) -> impl Stream<Item = F::Item>
where
    F: Stream,
    S: Fn() -> &'static Site,
    O: Fn(&F::Item) -> bool,
{
    RootRun::new(origin.begin(site), observe, stream)
}

/// Opens a child span that ends with the guard.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn enter(site: &'static Site) -> SpanGuard {
    SpanGuard::enter(site)
}

/// Opens a root span that ends with the guard.
#[inline]
pub fn enter_root(site: &'static Site) -> RootGuard {
    RootGuard::begin(&SiteRoot(|| site))
}

/// Opens a span with an explicit origin that ends with the guard.
pub fn enter_from(origin: SpanOrigin, site: &'static Site) -> RootGuard {
    let origin = Some(origin.0);
    RootGuard::begin(&SiteAtOrigin {
        site: || site,
        origin,
    })
}

/// Returns whether the current span is recorded.
#[cfg_attr(not(debug_assertions), inline(always))]
#[must_use]
pub fn recording() -> bool {
    record::is_recording()
}

/// Adds a tag whose key is in the site, at this index.
#[inline]
pub fn tag<T: TagSource + ?Sized>(site: &'static Site, key: usize, value: &T) {
    write::site_tag(site, key, record::tag_input(value));
}

/// Sets the service name of the current span.
pub fn service<T: ServiceName + ?Sized>(name: &T) {
    if let Some(name) = record::quietly(|_| name.text())
        && let Some(span) = write::own_span()
    {
        write::service_name(span, name);
    }
}

/// Marks the current span as failed.
pub fn record_error(type_name: &'static str, message: &dyn fmt::Display, exception_log: bool) {
    write::own_error(type_name, message, exception_log);
}
