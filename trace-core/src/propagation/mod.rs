//! Contexts in headers, both ways.
//!
//! Owns the formats and what becomes of bad ones. Knows no HTTP crate: headers are
//! anything that implements [`Injector`] or [`Extractor`], a map for example.
//!
//! | propagator | headers |
//! |---|---|
//! | [`W3cPropagator`], what [`inject`] and [`extract`] use | the next two together |
//! | [`TraceContextPropagator`] | `traceparent`, `tracestate` |
//! | [`BaggagePropagator`] | `baggage` |
//! | [`XTracePropagator`] | `x-trace-id`, `x-span-id`, `x-parent-span-id`, `x-sampled` |
//! | [`CompositePropagator`] | those of several |
//! | `()` | none |
//!
//! Nothing that comes in is trusted, and nothing breaks a request. Formats are read
//! strictly, after their specification; what is bad is left out and reported:
//! without a good `traceparent` there is no context, and the caller starts a trace;
//! a bad `tracestate` is dropped alone, and so is a bad member of `baggage`.
//!
//! ```
//! use std::collections::HashMap;
//! use trace_core::propagation::{extract, inject};
//! use trace_core::{SpanId, TraceContext, TraceId};
//!
//! let context = TraceContext::new(TraceId::new(0xa).unwrap(), SpanId::new(0xb).unwrap());
//! let mut headers = HashMap::new();
//! inject(&context, &mut headers);
//! assert_eq!(
//!     headers["traceparent"],
//!     "00-0000000000000000000000000000000a-000000000000000b-01"
//! );
//!
//! let caller = extract(&headers).context.unwrap();
//! assert_eq!(caller.trace_id, context.trace_id);
//! assert!(caller.is_remote);
//! ```

mod baggage;
mod carrier;
mod composite;
mod context_source;
pub(crate) mod link_source;
mod trace_context;
mod traceparent;
pub(crate) mod trust;
mod x_trace;

use std::fmt;
use std::sync::Arc;

use crate::value::{Baggage, ParseTraceStateError, TraceContext};

pub use baggage::{BaggagePropagator, ParseBaggageError};
pub use carrier::{Extractor, Injector};
pub use composite::{CompositePropagator, W3cPropagator};
pub use context_source::ContextSource;
pub use trace_context::TraceContextPropagator;
pub use traceparent::ParseTraceparentError;
pub use x_trace::{ParseXTraceError, XTracePropagator};

/// Writes a context into headers, and reads it from them.
///
/// OpenTelemetry calls it a *text map propagator*.
#[doc(alias = "TextMapPropagator")]
pub trait Propagator: Send + Sync {
    /// Writes the context. What the context has nothing for is removed, so that
    /// headers used before do not keep what belongs to another context.
    fn inject(&self, context: &TraceContext, headers: &mut dyn Injector);

    /// Reads what is there and good, and reports the rest. Headers that are not
    /// there are no problem.
    fn extract(&self, headers: &dyn Extractor) -> Extracted;
}

/// What was found in headers.
///
/// ```
/// use trace_core::propagation::extract;
///
/// let found = extract(&[
///     ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
///     ("tracestate", "Congo=1"),
///     ("baggage", "tenant=acme,no member,plan=pro"),
/// ]);
/// let context = found.context.unwrap();
/// assert!(context.is_sampled());
/// assert!(context.tracestate.is_empty());
/// assert_eq!(context.baggage.get("plan"), Some("pro"));
/// assert_eq!(found.problems.len(), 2);
/// assert_eq!(
///     found.problems[1].to_string(),
///     "`no member`, member 2 of `baggage`, has no `=`; expected `key=value`"
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Extracted {
    /// The caller's context, with the baggage in it; `None` when there is none, or
    /// none that can be used: start a trace.
    pub context: Option<TraceContext>,
    /// The baggage, also when there is no context: it belongs to the request, and a
    /// trace that starts here takes it along, as with OpenTelemetry, whose
    /// baggage is independent of traces.
    pub baggage: Baggage,
    /// What was left out, in the order of the headers; at most some 70.
    pub problems: Vec<HeaderProblem>,
}

impl Extracted {
    /// Returns this, completed from what another propagator found in the same
    /// headers: its context and its baggage where there is none here, and its
    /// problems.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        if self.baggage.is_empty() {
            self.baggage = other.baggage;
        }
        self.context = self.context.or(other.context).map(|context| TraceContext {
            baggage: self.baggage.clone(),
            ..context
        });
        self.problems.extend(other.problems);
        self
    }
}

/// A header, or a part of one, that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderProblem {
    /// `traceparent` is bad: there is no context.
    Traceparent(ParseTraceparentError),
    /// `tracestate` is bad and was dropped.
    Tracestate(ParseTraceStateError),
    /// A member of `baggage` is bad, or too many, and was dropped.
    Baggage(ParseBaggageError),
    /// One of the `x-…` headers is bad.
    XTrace(ParseXTraceError),
    /// A propagator of another crate found it; see [`HeaderProblem::new`].
    Other(OtherHeaderProblem),
}

/// A header, or a part of one, that a propagator of another crate left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherHeaderProblem {
    header: Box<str>,
    finding: Box<str>,
}

impl HeaderProblem {
    /// Makes the problem of a format of your own: the name of the header, in lower case, and
    /// what was found where what was expected.
    ///
    /// ```
    /// use trace_core::propagation::HeaderProblem;
    ///
    /// let finding = "`x-tenant-trace` has 3 characters; expected 32 hex digits";
    /// let problem = HeaderProblem::new("x-tenant-trace", finding);
    /// assert_eq!(problem.header(), "x-tenant-trace");
    /// assert_eq!(problem.to_string(), finding);
    /// ```
    #[must_use]
    pub fn new(header: &str, finding: impl Into<String>) -> Self {
        Self::Other(OtherHeaderProblem {
            header: header.into(),
            finding: finding.into().into(),
        })
    }

    /// Returns the name of the header, in lower case.
    #[must_use]
    pub fn header(&self) -> &str {
        match self {
            Self::Traceparent(_) => trace_context::TRACEPARENT,
            Self::Tracestate(_) => trace_context::TRACESTATE,
            Self::Baggage(_) => baggage::BAGGAGE,
            Self::XTrace(error) => error.header(),
            Self::Other(problem) => &problem.header,
        }
    }
}

impl fmt::Display for HeaderProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Traceparent(error) => error.fmt(f),
            Self::Tracestate(error) => error.fmt(f),
            Self::Baggage(error) => error.fmt(f),
            Self::XTrace(error) => error.fmt(f),
            Self::Other(problem) => f.write_str(&problem.finding),
        }
    }
}

impl std::error::Error for HeaderProblem {}

/// Writes `traceparent`, `tracestate` and `baggage`; see [`W3cPropagator`].
pub fn inject(context: &TraceContext, headers: &mut dyn Injector) {
    W3cPropagator.inject(context, headers);
}

/// Reads `traceparent`, `tracestate` and `baggage`; see [`W3cPropagator`].
pub fn extract(headers: &dyn Extractor) -> Extracted {
    W3cPropagator.extract(headers)
}

/// A propagator that writes and reads nothing.
impl Propagator for () {
    fn inject(&self, _context: &TraceContext, _headers: &mut dyn Injector) {}

    fn extract(&self, _headers: &dyn Extractor) -> Extracted {
        Extracted::default()
    }
}

macro_rules! forward_propagator {
    ($($pointer:ty),*) => {$(
        impl<P: Propagator + ?Sized> Propagator for $pointer {
            fn inject(&self, context: &TraceContext, headers: &mut dyn Injector) {
                (**self).inject(context, headers);
            }

            fn extract(&self, headers: &dyn Extractor) -> Extracted {
                (**self).extract(headers)
            }
        }
    )*};
}

forward_propagator!(&P, Box<P>, Arc<P>);

impl<P: Propagator> Propagator for Option<P> {
    fn inject(&self, context: &TraceContext, headers: &mut dyn Injector) {
        if let Some(propagator) = self {
            propagator.inject(context, headers);
        }
    }

    fn extract(&self, headers: &dyn Extractor) -> Extracted {
        self.as_ref()
            .map_or_else(Extracted::default, |propagator| propagator.extract(headers))
    }
}
