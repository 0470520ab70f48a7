//! The header `uber-trace-id` of Jaeger's own clients.
//!
//! Its baggage is in `uber_baggage.rs`.

use super::error::{Field, ParseVendorError};
use super::ids::{low, short_span_id, short_trace_id};
use super::uber_baggage;
use crate::propagation::carrier::first;
use crate::propagation::{Extracted, Extractor, HeaderProblem, Injector, Propagator, TraceStart};
use crate::value::baggage::trim;
use crate::value::hex::parse_any_hex;
use crate::value::{Baggage, TraceContext, TraceFlags};

const UBER_TRACE_ID: &str = "uber-trace-id";

/// Writes and reads `uber-trace-id`, and baggage as `uberctx-…` headers.
///
/// The text of `uber-trace-id` is `{trace id}:{span id}:{parent span id}:{flags}`, in hex
/// digits of either case. Leading zeros may be missing, and colons may be percent-encoded.
/// Flags `1` mean sampled, `3` debug ([`TraceFlags::DEBUG`]). Some clients, such as Python's,
/// set debug for every sampled trace. The format cannot say that nobody has decided: that is
/// written as not sampled. The parent is read, and written as `0`, as Jaeger asks.
/// `tracestate` and the other flags are not written. A bad id or bad flags leave no context. A
/// bad parent is reported and ignored.
///
/// Each entry of the baggage is a header `uberctx-{key}` with a percent-encoded value and
/// without metadata. Header names have no case, so keys are written in lower case. If two keys
/// differ only in case, the last one counts. Entries are read only from carriers that
/// implement [`Extractor::for_each_prefixed`]. `jaeger-baggage` and `jaeger-debug-id`, which
/// are for requests by hand, are not read.
///
/// Source: Jaeger, *Propagation Format*.
///
/// ```
/// use trace_core::propagation::{JaegerPropagator, Propagator};
///
/// let found = JaegerPropagator.extract(&[
///     ("Uber-Trace-Id", "4bf92f3577b34da6:f067aa0ba902b7:0:1"),
///     ("Uberctx-Tenant", "Am%C3%A9lie+%26+co"),
/// ]);
/// let context = found.context.unwrap();
/// assert_eq!(context.span_id.to_string(), "00f067aa0ba902b7");
/// assert_eq!(context.baggage.get("tenant"), Some("Amélie & co"));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct JaegerPropagator;

impl Propagator for JaegerPropagator {
    fn inject(&self, context: &TraceContext, headers: &mut dyn Injector) {
        let flags = match context.flags {
            flags if flags.is_debug() => SAMPLED | DEBUG,
            flags if flags.is_sampled() => SAMPLED,
            _ => 0,
        };
        let text = format!("{}:{}:0:{flags:x}", context.trace_id, context.span_id);
        headers.set(UBER_TRACE_ID, &text);
        uber_baggage::inject(&context.baggage, headers);
    }

    fn inject_start(&self, _start: TraceStart, baggage: &Baggage, headers: &mut dyn Injector) {
        if !baggage.is_empty() {
            uber_baggage::inject(baggage, headers);
        }
    }

    fn extract(&self, headers: &dyn Extractor) -> Extracted {
        let mut found = Extracted::default();
        let report = |error| HeaderProblem::Vendor(error);
        if let Some(text) = first(headers, UBER_TRACE_ID) {
            match read(&text) {
                Ok((context, problem)) => {
                    found.context = Some(context);
                    found.problems.extend(problem.map(report));
                }
                Err(error) => found.problems.push(report(error)),
            }
        }
        found.or(uber_baggage::extract(headers))
    }
}

const SAMPLED: u8 = 1;
/// Source: Jaeger, *Propagation Format*: "Debug flag … should only be set when the sampled
/// flag is set".
const DEBUG: u8 = 2;

const fn part(part: &'static str, expected: &'static str) -> Field {
    Field {
        header: UBER_TRACE_ID,
        part,
        expected,
    }
}

/// Reads the header. A bad parent is returned as an error beside the context.
fn read(text: &str) -> Result<(TraceContext, Option<ParseVendorError>), ParseVendorError> {
    const TRACE: Field = part("trace id", "1 to 32 hex digits, not all 0");
    const SPAN: Field = part("span id", "1 to 16 hex digits, not all 0");
    const PARENT: Field = part("parent span id", "1 to 16 hex digits");
    const FLAGS: Field = part("flags", "1 or 2 hex digits");
    let text = trim(text);
    let decoded;
    let text = match text.contains(':') {
        true => text,
        false => {
            decoded = text.replace("%3A", ":").replace("%3a", ":");
            &decoded
        }
    };
    let mut parts = text.splitn(5, ':');
    let mut next = |field: Field| parts.next().ok_or_else(|| field.missing());
    let trace_id = short_trace_id(TRACE, next(TRACE)?)?;
    let mut context = TraceContext::new(trace_id, short_span_id(SPAN, next(SPAN)?)?);
    context.is_remote = true;
    let parent = next(PARENT)?;
    let flags = parse_any_hex(next(FLAGS)?, |length| matches!(length, 1 | 2));
    let flags = low(flags.map_err(|finding| FLAGS.hex(finding))?);
    context.flags = match flags & u64::from(SAMPLED | DEBUG) {
        3 => TraceFlags::DEBUG,
        1 => TraceFlags::SAMPLED,
        _ => TraceFlags::NONE,
    };
    if parts.next().is_some() {
        return Err(part("flags", "four parts, joined with `:`").goes_on());
    }
    // Zero, or an empty text, means that the span has no parent.
    let problem = match parse_any_hex(parent, |length| length <= 16) {
        Ok(0) => None,
        Ok(_) => match short_span_id(PARENT, parent) {
            Ok(parent) => {
                context.parent_span_id = Some(parent);
                None
            }
            Err(error) => Some(error),
        },
        Err(finding) => Some(PARENT.hex(finding)),
    };
    Ok((context, problem))
}
