//! `X-Trace-Id` and related headers, which are no standard.

use super::error::{Field, ParseVendorError};
use super::ids::{span_id, trace_id};
use super::report::{extract_with, report};
use crate::propagation::carrier::first;
use crate::propagation::{Extracted, Extractor, Injector, Propagator, TraceStart};
use crate::value::baggage::trim;
use crate::value::{Baggage, TraceContext, TraceFlags, TraceId};

const TRACE_ID: &str = "x-trace-id";
const SPAN_ID: &str = "x-span-id";
const PARENT_SPAN_ID: &str = "x-parent-span-id";
const SAMPLED: &str = "x-sampled";

/// Writes and reads `X-Trace-Id`, `X-Span-Id`, `X-Parent-Span-Id` and `X-Sampled`.
///
/// These headers are no standard. They are easy to read, and good enough between your own
/// services. Names are written in lower case, as HTTP/2 asks, and read in any case. Ids are
/// written as 32 and 16 lower-case hex digits. `X-Parent-Span-Id` is written if the sender's
/// span has a parent. `X-Sampled` is `1` or `0`; a decision that is still open is written as
/// `0`. If `X-Sampled` is missing beside a span id, the trace counts as sampled: senders
/// without that header send span ids only of traces that they record. Baggage, `tracestate`
/// and the other flags are not written.
///
/// Proxies also write `X-Trace-Id`, without a span id: as 32 hex digits, as a UUID with dashes
/// or as 16 hex digits, in either case. Such an id alone is the id of a trace that starts
/// here: see [`Extracted::start`]. The sampler decides about that trace, unless there is an
/// `X-Sampled`. Put this propagator behind
/// [`W3cPropagator`](crate::propagation::W3cPropagator) in a
/// [`CompositePropagator`](crate::propagation::CompositePropagator) to use the proxy's id only
/// for requests without a good `traceparent`.
///
/// A bad trace or span id, or a span id alone, leaves no context. A bad `X-Parent-Span-Id` or
/// `X-Sampled` is reported and ignored. If a header is there more than once, the first one
/// counts.
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
/// assert_eq!(found.start.trace_id, None);
/// assert_eq!(
///     found.problems[0].to_string(),
///     "`x-trace-id` has 6 characters; expected 16 or 32 hex digits, not all 0, or a UUID"
/// );
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct XTracePropagator;

impl Propagator for XTracePropagator {
    fn inject(&self, context: &TraceContext, headers: &mut dyn Injector) {
        headers.set(TRACE_ID, &context.trace_id.to_string());
        headers.set(SPAN_ID, &context.span_id.to_string());
        match context.parent_span_id {
            Some(parent) => headers.set(PARENT_SPAN_ID, &parent.to_string()),
            None => headers.remove(PARENT_SPAN_ID),
        }
        headers.set(SAMPLED, digit(context.flags));
    }

    fn inject_start(&self, start: TraceStart, _baggage: &Baggage, headers: &mut dyn Injector) {
        // A decision without an id is not of this format.
        let Some(trace_id) = start.trace_id else {
            return;
        };
        headers.set(TRACE_ID, &trace_id.to_string());
        if let Some(flags) = start.flags {
            headers.set(SAMPLED, digit(flags));
        }
    }

    fn extract(&self, headers: &dyn Extractor) -> Extracted {
        extract_with(read, headers)
    }
}

const fn digit(flags: TraceFlags) -> &'static str {
    if flags.is_sampled() { "1" } else { "0" }
}

fn read(headers: &dyn Extractor, found: &mut Extracted) -> Result<(), ParseVendorError> {
    const SPAN_DIGITS: &str = "16 hex digits, not all 0";
    const TRACE: Field = Field::whole(TRACE_ID, "16 or 32 hex digits, not all 0, or a UUID");
    const SPAN: Field = Field::whole(SPAN_ID, SPAN_DIGITS);
    const PARENT: Field = Field::whole(PARENT_SPAN_ID, SPAN_DIGITS);
    const BESIDE_SPAN: Field = Field::whole(TRACE_ID, "`x-trace-id` beside `x-span-id`");
    let span = first(headers, SPAN_ID);
    let Some(trace) = first(headers, TRACE_ID) else {
        return span.map_or(Ok(()), |_| Err(BESIDE_SPAN.missing()));
    };
    let trace_id = minted(TRACE, &trace)?;
    let flags = sampled(headers, found);
    let Some(span) = span else {
        found.start.trace_id = Some(trace_id);
        found.start.flags = flags;
        return Ok(());
    };
    let mut context = TraceContext::new(trace_id, span_id(SPAN, &span)?);
    context.is_remote = true;
    context.flags = flags.unwrap_or(TraceFlags::SAMPLED);
    if let Some(parent) = first(headers, PARENT_SPAN_ID) {
        match span_id(PARENT, &parent) {
            Ok(parent) => context.parent_span_id = Some(parent),
            Err(error) => report(found, error),
        }
    }
    found.context = Some(context);
    Ok(())
}

fn sampled(headers: &dyn Extractor, found: &mut Extracted) -> Option<TraceFlags> {
    const FIELD: Field = Field::whole(SAMPLED, "`1` or `0`");
    let text = first(headers, SAMPLED);
    match text.as_deref().map(trim)? {
        "1" => Some(TraceFlags::SAMPLED),
        "0" => Some(TraceFlags::NONE),
        other => {
            report(found, FIELD.is(other));
            None
        }
    }
}

/// Reads an id as a proxy may have written it.
///
/// Source: nginx, `$request_id`; HAProxy, `uuid`; Caddy, `{http.request.uuid}`; UUIDs
/// (RFC 9562), *UUID Format*.
fn minted(field: Field, text: &str) -> Result<TraceId, ParseVendorError> {
    let text = trim(text);
    let mut groups = text.splitn(6, '-').map(str::len);
    let is_uuid = [8, 4, 4, 4, 12]
        .into_iter()
        .all(|length| groups.next() == Some(length))
        && groups.next().is_none();
    match is_uuid {
        true => trace_id(field, &text.replace('-', "")),
        false => trace_id(field, text),
    }
}
