//! The recorder's side of what generated code calls.

pub use crate::record::{SpanGuard, Traced};
pub use crate::stream::Site;
pub use crate::tracer::RootGuard;

use std::fmt;

use crate::record::{self, write};
use crate::tag_source::TagSource;
use crate::tracer::{RootRun, SiteRoot};

/// Makes a future the body of a child span.
#[inline(always)]
pub fn traced<F, S, O>(site: S, observe: O, future: F) -> Traced<F, S, O>
where
    F: Future,
    S: Fn() -> &'static Site,
    O: Fn(&F::Output) -> bool,
{
    Traced::new(site, observe, future)
}

/// Makes a future the body of a root span.
#[inline]
pub fn root<F, S, O>(site: S, observe: O, future: F) -> impl Future<Output = F::Output>
where
    F: Future,
    S: Fn() -> &'static Site,
    O: Fn(&F::Output) -> bool,
{
    RootRun::new(SiteRoot(site), observe, future)
}

/// Opens a child span that ends with the guard.
#[inline(always)]
pub fn enter(site: &'static Site) -> SpanGuard {
    SpanGuard::enter(site)
}

/// Opens a root span that ends with the guard.
#[inline]
pub fn enter_root(site: &'static Site) -> RootGuard {
    RootGuard::begin(&SiteRoot(|| site))
}

/// Whether a span is recorded at the moment.
#[inline(always)]
#[must_use]
pub fn recording() -> bool {
    record::is_recording()
}

/// Adds a tag whose key is one of the site's.
#[inline]
pub fn tag<T: TagSource + ?Sized>(site: &'static Site, key: usize, value: &T) {
    write::tag(write::Key::Site(site, key), value.tag_input());
}

/// Sets the service name of the current span.
pub fn service<T: AsRef<str> + ?Sized>(name: &T) {
    write::service_name(name.as_ref());
}

/// Marks the current span as failed.
pub fn record_error(type_name: &'static str, message: &dyn fmt::Display, exception_log: bool) {
    write::error(type_name, message, exception_log);
}
