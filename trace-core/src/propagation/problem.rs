//! What was left out of headers, and why.

use std::fmt;

use super::vendors::ParseVendorError;
use super::w3c::{BAGGAGE, ParseBaggageError, ParseTraceparentError, TRACEPARENT, TRACESTATE};
use crate::value::ParseTraceStateError;

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
    /// A header of B3, Jaeger, Datadog or X-Ray, or one that [`XTracePropagator`] reads, is bad.
    ///
    /// [`XTracePropagator`]: super::XTracePropagator
    Vendor(ParseVendorError),
    /// A propagator of another crate found it; see [`HeaderProblem::new`].
    Other(OtherHeaderProblem),
}

/// A header, or a part of one, that a propagator of another crate left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherHeaderProblem {
    header: Box<str>,
    finding: Box<str>,
    is_of_baggage: bool,
    count: u64,
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
        Self::other(header, finding.into(), false, 1)
    }

    /// Makes the problem of a header with baggage. Unlike others, it is also reported if
    /// another propagator has already found a context.
    #[must_use]
    pub fn of_baggage(header: &str, finding: impl Into<String>) -> Self {
        Self::of_more_baggage(header, finding.into(), 1)
    }

    /// Makes one problem for several headers with baggage.
    pub(super) fn of_more_baggage(header: &str, finding: String, count: u64) -> Self {
        Self::other(header, finding, true, count)
    }

    fn other(header: &str, finding: String, is_of_baggage: bool, count: u64) -> Self {
        Self::Other(OtherHeaderProblem {
            header: header.into(),
            finding: finding.into(),
            is_of_baggage,
            count,
        })
    }

    /// Returns whether it is about baggage, and not about a context.
    #[must_use]
    pub const fn is_of_baggage(&self) -> bool {
        match self {
            Self::Traceparent(_) | Self::Tracestate(_) | Self::Vendor(_) => false,
            Self::Baggage(_) => true,
            Self::Other(problem) => problem.is_of_baggage,
        }
    }

    /// Returns how many headers, or parts of headers, were left out. That is 1, except in a
    /// last problem which sums up what is not reported one by one.
    #[must_use]
    pub const fn count(&self) -> u64 {
        match self {
            Self::Traceparent(_) | Self::Tracestate(_) | Self::Vendor(_) => 1,
            Self::Baggage(error) => error.members(),
            Self::Other(problem) => problem.count,
        }
    }

    /// Returns the name of the header, in lower case.
    #[must_use]
    pub fn header(&self) -> &str {
        match self {
            Self::Traceparent(_) => TRACEPARENT,
            Self::Tracestate(_) => TRACESTATE,
            Self::Baggage(_) => BAGGAGE,
            Self::Vendor(error) => error.header(),
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
            Self::Vendor(error) => error.fmt(f),
            Self::Other(problem) => f.write_str(&problem.finding),
        }
    }
}

impl std::error::Error for HeaderProblem {}
