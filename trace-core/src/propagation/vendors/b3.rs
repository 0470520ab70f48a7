//! B3, the format of Zipkin: as one header and as several.
//!
//! Owns both forms and their sampling states. Does not decide what becomes of a decision
//! that the caller left open: the sampler does.

use super::error::{Field, ParseVendorError};
use super::ids::{span_id, trace_id};
use super::report::report;
use crate::propagation::carrier::first;
use crate::propagation::{Extracted, Extractor, Injector, Propagator, TraceStart};
use crate::value::baggage::trim;
use crate::value::{Baggage, TraceContext, TraceFlags};

const SINGLE: &str = "b3";
const TRACE_ID: &str = "x-b3-traceid";
const SPAN_ID: &str = "x-b3-spanid";
const PARENT_SPAN_ID: &str = "x-b3-parentspanid";
const SAMPLED: &str = "x-b3-sampled";
const FLAGS: &str = "x-b3-flags";

const TRACE_DIGITS: &str = "16 or 32 hex digits, not all 0";
const SPAN_DIGITS: &str = "16 hex digits, not all 0";

/// Writes B3 as one header, `b3`. Reads both forms of B3: the other headers only if `b3` is
/// missing or has an error.
///
/// The text of `b3` is `{trace id}-{span id}-{sampling state}-{parent span id}`. The last
/// two parts may be missing.
///
/// | sampling state | meaning |
/// |---|---|
/// | `1`, `0` | sampled, not sampled |
/// | `d` | debug: sampled. Kept as [`TraceFlags::DEBUG`], and written as `d` again |
/// | none | not decided: [`TraceFlags::DEFERRED`]. The sampler decides as for a new trace |
///
/// `b3` may also be a state alone, such as `b3: 0`. Then there is no context, and the trace
/// that starts here gets that state: see [`Extracted::start`].
///
/// Ids are hex digits in either case. A trace id of 16 digits is padded with zeros. A bad id
/// leaves no context. A bad state or parent is reported and ignored. The parent is read but
/// not written, because a span here never shares its caller's id. Baggage, `tracestate` and
/// the other flags are not written.
///
/// Source: B3 Propagation; OpenTelemetry, *Propagators API*, *B3 Requirements*.
///
/// ```
/// use trace_core::propagation::{B3Propagator, Propagator};
///
/// let found = B3Propagator.extract(&[("b3", "4bf92f3577b34da6-00f067aa0ba902b7-d")]);
/// let context = found.context.unwrap();
/// assert_eq!(context.trace_id.to_string(), "00000000000000004bf92f3577b34da6");
/// assert!(context.flags.is_debug() && context.is_sampled());
///
/// // Not sampled, whatever the sampler says of traces that start here.
/// let denied = B3Propagator.extract(&[("b3", "0")]);
/// assert_eq!(denied.start.flags, Some(trace_core::TraceFlags::NONE));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct B3Propagator;

/// Writes B3 as several headers. Reads both forms of B3, as [`B3Propagator`] does.
///
/// The headers are `x-b3-traceid`, `x-b3-spanid`, and `x-b3-sampled`, which is `1` or `0`.
/// A debug trace has `x-b3-flags: 1` instead of `x-b3-sampled`. `x-b3-parentspanid` is read
/// and not written. `true` and `false`, from old senders, are read like `1` and `0`.
///
/// ```
/// use std::collections::HashMap;
/// use trace_core::propagation::{B3MultiPropagator, Propagator};
/// use trace_core::{SpanId, TraceContext, TraceId};
///
/// let context = TraceContext::new(TraceId::new(0xa).unwrap(), SpanId::new(0xb).unwrap());
/// let mut headers = HashMap::new();
/// B3MultiPropagator.inject(&context, &mut headers);
/// assert_eq!(headers["x-b3-spanid"], "000000000000000b");
/// assert_eq!(headers["x-b3-sampled"], "1");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct B3MultiPropagator;

impl Propagator for B3Propagator {
    fn inject(&self, context: &TraceContext, headers: &mut dyn Injector) {
        let state = match context.flags {
            flags if flags.is_deferred() => "",
            flags if flags.is_debug() => "-d",
            flags if flags.is_sampled() => "-1",
            _ => "-0",
        };
        headers.set(
            SINGLE,
            &format!("{}-{}{state}", context.trace_id, context.span_id),
        );
    }

    fn inject_start(&self, start: TraceStart, _baggage: &Baggage, headers: &mut dyn Injector) {
        match start.flags {
            None => {}
            Some(flags) if flags.is_debug() => headers.set(SINGLE, "d"),
            Some(flags) => headers.set(SINGLE, digit(flags)),
        }
    }

    fn extract(&self, headers: &dyn Extractor) -> Extracted {
        extract(headers)
    }
}

impl Propagator for B3MultiPropagator {
    fn inject(&self, context: &TraceContext, headers: &mut dyn Injector) {
        let flags = context.flags;
        headers.set(TRACE_ID, &context.trace_id.to_string());
        headers.set(SPAN_ID, &context.span_id.to_string());
        headers.remove(PARENT_SPAN_ID);
        match flags.is_debug() {
            true => headers.set(FLAGS, "1"),
            false => headers.remove(FLAGS),
        }
        match flags.is_deferred() || flags.is_debug() {
            true => headers.remove(SAMPLED),
            false => headers.set(SAMPLED, digit(flags)),
        }
    }

    fn inject_start(&self, start: TraceStart, _baggage: &Baggage, headers: &mut dyn Injector) {
        match start.flags {
            None => {}
            Some(flags) if flags.is_debug() => headers.set(FLAGS, "1"),
            Some(flags) => headers.set(SAMPLED, digit(flags)),
        }
    }

    fn extract(&self, headers: &dyn Extractor) -> Extracted {
        extract(headers)
    }
}

const fn digit(flags: TraceFlags) -> &'static str {
    if flags.is_sampled() { "1" } else { "0" }
}

/// Source: B3 Propagation, *Http Encodings*: the single header takes precedence. So a state alone
/// in `b3` does not become the state of another context.
fn extract(headers: &dyn Extractor) -> Extracted {
    let single = first(headers, SINGLE);
    let single = single.map_or_else(Extracted::default, |text| {
        found(|to| read_single(&text, to))
    });
    match single.context.is_some() || single.start.flags.is_some() {
        true => single,
        false => single.or(found(|to| read_multi(headers, to))),
    }
}

/// Reads one form. An error leaves nothing of it and becomes a problem.
fn found(read: impl FnOnce(&mut Extracted) -> Result<(), ParseVendorError>) -> Extracted {
    let mut found = Extracted::default();
    if let Err(error) = read(&mut found) {
        report(&mut found, error);
    }
    found
}

fn read_single(text: &str, found: &mut Extracted) -> Result<(), ParseVendorError> {
    const fn part(part: &'static str, expected: &'static str) -> Field {
        Field {
            header: SINGLE,
            part,
            expected,
        }
    }
    const STATE: Field = part("sampling state", "`0`, `1` or `d`");
    const PARENT: Field = part("parent span id", SPAN_DIGITS);
    let mut parts = trim(text).splitn(5, '-');
    let (trace, span) = match (parts.next().unwrap_or_default(), parts.next()) {
        (trace, Some(span)) => (trace, span),
        (alone, None) => {
            const ALONE: Field = Field::whole(
                SINGLE,
                "`{trace id}-{span id}`, or a sampling state alone: `0`, `1` or `d`",
            );
            found.start.flags = Some(state(alone).ok_or_else(|| ALONE.is(alone))?);
            return Ok(());
        }
    };
    let trace_id = trace_id(part("trace id", TRACE_DIGITS), trace)?;
    let mut context = TraceContext::new(trace_id, span_id(part("span id", SPAN_DIGITS), span)?);
    context.is_remote = true;
    context.flags = TraceFlags::DEFERRED;
    if let Some(text) = parts.next() {
        match state(text) {
            Some(flags) => context.flags = flags,
            None => report(found, STATE.is(text)),
        }
    }
    if let Some(text) = parts.next() {
        match span_id(PARENT, text) {
            Ok(parent) => context.parent_span_id = Some(parent),
            Err(error) => report(found, error),
        }
    }
    if parts.next().is_some() {
        return Err(part("parent span id", "four parts, joined with `-`").goes_on());
    }
    found.context = Some(context);
    Ok(())
}

fn read_multi(headers: &dyn Extractor, found: &mut Extracted) -> Result<(), ParseVendorError> {
    let flags = read_state(headers, found);
    let (trace, span) = match (first(headers, TRACE_ID), first(headers, SPAN_ID)) {
        (None, None) => {
            found.start = TraceStart {
                flags,
                ..TraceStart::default()
            };
            return Ok(());
        }
        (Some(trace), Some(span)) => (trace, span),
        (trace, _) => {
            let name = if trace.is_none() { TRACE_ID } else { SPAN_ID };
            return Err(Field::whole(name, "`x-b3-traceid` and `x-b3-spanid` together").missing());
        }
    };
    let trace_id = trace_id(Field::whole(TRACE_ID, TRACE_DIGITS), &trace)?;
    let span = span_id(Field::whole(SPAN_ID, SPAN_DIGITS), &span)?;
    let mut context = TraceContext::new(trace_id, span);
    context.is_remote = true;
    context.flags = flags.unwrap_or(TraceFlags::DEFERRED);
    if let Some(text) = first(headers, PARENT_SPAN_ID) {
        match span_id(Field::whole(PARENT_SPAN_ID, SPAN_DIGITS), &text) {
            Ok(parent) => context.parent_span_id = Some(parent),
            Err(error) => report(found, error),
        }
    }
    found.context = Some(context);
    Ok(())
}

/// Returns the sampling state of the several headers; `None` if there is none.
fn read_state(headers: &dyn Extractor, found: &mut Extracted) -> Option<TraceFlags> {
    let is_debug = match first(headers, FLAGS).as_deref().map(trim) {
        None | Some("0") => false,
        Some("1") => true,
        Some(other) => {
            report(found, Field::whole(FLAGS, "`1` for debug").is(other));
            false
        }
    };
    let text = first(headers, SAMPLED);
    let sampled = text.as_deref().map(trim).and_then(|text| {
        let state = match text {
            "d" => None,
            text => state(text),
        };
        if state.is_none() {
            report(found, Field::whole(SAMPLED, "`0` or `1`").is(text));
        }
        state
    });
    if is_debug {
        return Some(TraceFlags::DEBUG);
    }
    sampled
}

/// Reads a sampling state. Senders older than the specification write `true` and `false`.
fn state(text: &str) -> Option<TraceFlags> {
    match text {
        "1" => Some(TraceFlags::SAMPLED),
        "0" => Some(TraceFlags::NONE),
        "d" => Some(TraceFlags::DEBUG),
        text if text.eq_ignore_ascii_case("true") => Some(TraceFlags::SAMPLED),
        text if text.eq_ignore_ascii_case("false") => Some(TraceFlags::NONE),
        _ => None,
    }
}
