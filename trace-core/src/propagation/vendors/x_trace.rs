//! `X-Trace-Id` and its like: no standard, only easy to read.

use std::fmt;

use crate::propagation::carrier::first;
use crate::propagation::{Extracted, Extractor, HeaderProblem, Injector, Propagator};
use crate::value::baggage::trim;
use crate::value::hex::HexFinding;
use crate::value::visible::quoted;
use crate::value::{ParseIdError, SpanId, TraceContext, TraceFlags};

const TRACE_ID: &str = "x-trace-id";
const SPAN_ID: &str = "x-span-id";
const PARENT_SPAN_ID: &str = "x-parent-span-id";
const SAMPLED: &str = "x-sampled";

/// Writes and reads `X-Trace-Id`, `X-Span-Id`, `X-Parent-Span-Id` and `X-Sampled`.
///
/// These are no standard, only easy to read; between services of one's own they
/// do. Names are written in lower case, as HTTP/2 asks, and read in any. Ids are
/// 32 and 16 lower-case hex digits, not all zero. `X-Parent-Span-Id` is there when
/// the sender's span has a parent. `X-Sampled` is `1` or `0`; without it the trace
/// counts as sampled, because senders that do not know it send ids only of traces
/// that they record. State, baggage and the other flags do not travel.
///
/// A bad trace or span id, or one without the other, leaves no context. A bad
/// `X-Parent-Span-Id` or `X-Sampled` is taken as missing. Of a header that is there
/// more than once the first counts.
///
/// ```
/// use trace_core::propagation::{Propagator, XTracePropagator};
///
/// let found = XTracePropagator.extract(&[
///     ("X-Trace-Id", "4bf92f3577b34da6a3ce929d0e0e4736"),
///     ("X-Span-Id", "00f067aa0ba902b7"),
/// ]);
/// assert!(found.context.unwrap().is_sampled());
///
/// let found = XTracePropagator.extract(&[("X-Trace-Id", "abc123")]);
/// assert_eq!(found.context, None);
/// assert_eq!(
///     found.problems[0].to_string(),
///     "`x-trace-id` has 6 characters; expected 32 lower-case hex digits"
/// );
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct XTracePropagator;

/// One of the headers of [`XTracePropagator`] that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseXTraceError {
    header: &'static str,
    reason: Reason,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    Missing,
    Hex { finding: HexFinding, digits: u8 },
    NotABit(Box<str>),
}

impl Propagator for XTracePropagator {
    fn inject(&self, context: &TraceContext, headers: &mut dyn Injector) {
        headers.set(TRACE_ID, &context.trace_id.to_string());
        headers.set(SPAN_ID, &context.span_id.to_string());
        match context.parent_span_id {
            Some(parent) => headers.set(PARENT_SPAN_ID, &parent.to_string()),
            None => headers.remove(PARENT_SPAN_ID),
        }
        headers.set(SAMPLED, if context.is_sampled() { "1" } else { "0" });
    }

    fn extract(&self, headers: &dyn Extractor) -> Extracted {
        let mut found = Extracted::default();
        let mut report = |error| found.problems.push(HeaderProblem::XTrace(error));
        found.context = read(headers, &mut report).unwrap_or_else(|error| {
            report(error);
            None
        });
        found
    }
}

fn read(
    headers: &dyn Extractor,
    report: &mut dyn FnMut(ParseXTraceError),
) -> Result<Option<TraceContext>, ParseXTraceError> {
    let (trace_id, span_id) = match (first(headers, TRACE_ID), first(headers, SPAN_ID)) {
        (None, None) => return Ok(None),
        (trace_id, span_id) => (
            parse_id(TRACE_ID, 32, trace_id.as_deref())?,
            parse_id(SPAN_ID, 16, span_id.as_deref())?,
        ),
    };
    let mut context = TraceContext::new(trace_id, span_id);
    context.is_remote = true;
    if let parent @ Some(_) = first(headers, PARENT_SPAN_ID) {
        match parse_id::<SpanId>(PARENT_SPAN_ID, 16, parent.as_deref()) {
            Ok(parent) => context.parent_span_id = Some(parent),
            Err(error) => report(error),
        }
    }
    match first(headers, SAMPLED).as_deref().map(trim) {
        None | Some("1") => {}
        Some("0") => context.flags = TraceFlags::NONE,
        Some(other) => report(ParseXTraceError {
            header: SAMPLED,
            reason: Reason::NotABit(quoted(other)),
        }),
    }
    Ok(Some(context))
}

fn parse_id<Id: std::str::FromStr<Err = ParseIdError>>(
    header: &'static str,
    digits: u8,
    text: Option<&str>,
) -> Result<Id, ParseXTraceError> {
    let fail = |reason| ParseXTraceError { header, reason };
    let text = text.ok_or_else(|| fail(Reason::Missing))?;
    trim(text).parse::<Id>().map_err(|error| {
        fail(Reason::Hex {
            finding: error.finding(),
            digits,
        })
    })
}

impl ParseXTraceError {
    /// Returns the name of the header, in lower case.
    pub(in crate::propagation) const fn header(&self) -> &'static str {
        self.header
    }
}

impl fmt::Display for ParseXTraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = self.header;
        match &self.reason {
            Reason::Missing => write!(
                f,
                "`{header}` is missing; expected `{TRACE_ID}` and `{SPAN_ID}` together"
            ),
            Reason::Hex { finding, digits } => write!(
                f,
                "`{header}` {finding}; expected {digits} lower-case hex digits"
            ),
            Reason::NotABit(found) => write!(f, "`{header}` is `{found}`; expected `1` or `0`"),
        }
    }
}

impl std::error::Error for ParseXTraceError {}
