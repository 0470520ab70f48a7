//! The headers of Datadog's clients.
//!
//! Owns the headers. What they say beyond ids and a decision is in `datadog_state.rs`.

use super::datadog_state;
use super::error::{Field, ParseVendorError};
use super::ids::low;
use super::report::{extract_with, report};
use crate::propagation::carrier::first;
use crate::propagation::{Extracted, Extractor, Injector, Propagator, TraceStart};
use crate::value::baggage::trim;
use crate::value::hex::{HexFinding, parse_hex};
use crate::value::{Baggage, SpanId, TraceContext, TraceFlags, TraceId};

const TRACE_ID: &str = "x-datadog-trace-id";
const PARENT_ID: &str = "x-datadog-parent-id";
const PRIORITY: &str = "x-datadog-sampling-priority";
const ORIGIN: &str = "x-datadog-origin";
const TAGS: &str = "x-datadog-tags";

/// The tag with the high half of the trace id: 16 lower-case hex digits.
const HIGH_HALF: &str = "_dd.p.tid";

/// Writes and reads the headers of Datadog's clients: `x-datadog-trace-id`,
/// `x-datadog-parent-id`, `x-datadog-sampling-priority`, `x-datadog-origin` and
/// `x-datadog-tags`.
///
/// Ids are decimal numbers of 64 bits. The high half of the trace id is the tag `_dd.p.tid`.
/// Priorities 1 and 2 mean sampled, 0 and -1 not sampled. Without a priority nobody has
/// decided ([`TraceFlags::DEFERRED`]), and the sampler decides.
///
/// Priorities -1 and 2 are decisions of a user. They, the origin and the other `_dd.p.` tags
/// are kept as the member `dd` of `tracestate`, as Datadog's own clients keep them, and are
/// written again. A kept priority is written only if the trace is still sampled, or not
/// sampled, as it says.
///
/// A trace id without a parent, or with parent 0, is the id of a trace that starts here: see
/// [`Extracted::start`]. A bad id leaves no context. Other bad parts are reported and ignored.
/// If the low half of the trace id is zero, nothing is written, because this format has no
/// such ids. Baggage, other members of `tracestate` and other flags are not written.
///
/// Source: Datadog, *Trace Context Propagation*.
///
/// ```
/// use trace_core::propagation::{DatadogPropagator, Propagator};
///
/// let found = DatadogPropagator.extract(&[
///     ("x-datadog-trace-id", "11803532876627986230"),
///     ("x-datadog-parent-id", "67667974448284343"),
///     ("x-datadog-sampling-priority", "2"),
///     ("x-datadog-tags", "_dd.p.dm=-4,_dd.p.tid=4bf92f3577b34da6"),
/// ]);
/// let context = found.context.unwrap();
/// assert_eq!(context.trace_id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
/// assert_eq!(context.tracestate.get("dd"), Some("s:2;t.dm:-4"));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct DatadogPropagator;

impl Propagator for DatadogPropagator {
    fn inject(&self, context: &TraceContext, headers: &mut dyn Injector) {
        let trace = context.trace_id.get();
        let (high, trace) = (low(trace >> 64), low(trace));
        let kept = datadog_state::read(context.tracestate.get(datadog_state::KEY));
        let flags = context.flags;
        let priority = match kept.priority {
            Some(priority) if (priority > 0) == flags.is_sampled() => Some(priority),
            _ => Some(i8::from(flags.is_sampled())),
        };
        let priority = priority.filter(|_| !flags.is_deferred());
        let mut tags = match high {
            0 => String::new(),
            high => format!("{HIGH_HALF}={high:016x}"),
        };
        kept.write_tags(&mut tags);
        let values = [
            (TRACE_ID, Some(trace.to_string())),
            (PARENT_ID, Some(context.span_id.get().to_string())),
            (PRIORITY, priority.map(|priority| priority.to_string())),
            (ORIGIN, kept.origin),
            (TAGS, Some(tags).filter(|tags| !tags.is_empty())),
        ];
        for (name, value) in values {
            match value.filter(|_| trace != 0) {
                Some(value) => headers.set(name, &value),
                None => headers.remove(name),
            }
        }
    }

    fn inject_start(&self, start: TraceStart, _baggage: &Baggage, headers: &mut dyn Injector) {
        let Some(trace) = start.trace_id.map(TraceId::get) else {
            return;
        };
        let (high, trace) = (low(trace >> 64), low(trace));
        if trace == 0 {
            return;
        }
        headers.set(TRACE_ID, &trace.to_string());
        if high != 0 {
            headers.set(TAGS, &format!("{HIGH_HALF}={high:016x}"));
        }
        if let Some(flags) = start.flags {
            headers.set(PRIORITY, if flags.is_sampled() { "1" } else { "0" });
        }
    }

    fn extract(&self, headers: &dyn Extractor) -> Extracted {
        extract_with(read, headers)
    }
}

fn read(headers: &dyn Extractor, found: &mut Extracted) -> Result<(), ParseVendorError> {
    const TRACE: Field = Field::whole(TRACE_ID, "a decimal number of 64 bits, not 0");
    const PARENT: Field = Field::whole(PARENT_ID, "a decimal number of 64 bits");
    const STATE: Field = Field::whole(TAGS, "up to 256 characters with the origin");
    let parent = first(headers, PARENT_ID);
    let Some(trace) = first(headers, TRACE_ID) else {
        // A priority alone is neither of use nor a problem.
        return parent.map_or(Ok(()), |_| Err(TRACE.missing()));
    };
    let trace = number(TRACE, &trace)?;
    if trace == 0 {
        return Err(TRACE.is("0"));
    }
    let parent = match parent {
        Some(parent) => SpanId::new(number(PARENT, &parent)?),
        None => None,
    };
    let tags = first(headers, TAGS).unwrap_or_default();
    let high = high_half(&tags).unwrap_or_else(|error| {
        report(found, error);
        0
    });
    let trace_id = TraceId::new(u128::from(high) << 64 | u128::from(trace));
    let priority = priority(headers).unwrap_or_else(|error| {
        report(found, error);
        None
    });
    let flags = priority.map(|priority| TraceFlags::NONE.with_sampled(priority > 0));
    let Some((trace_id, span_id)) = trace_id.zip(parent) else {
        found.start.trace_id = trace_id;
        found.start.flags = flags;
        return Ok(());
    };
    let mut context = TraceContext::new(trace_id, span_id);
    context.is_remote = true;
    context.flags = flags.unwrap_or(TraceFlags::DEFERRED);
    let origin = first(headers, ORIGIN);
    let others = tag_pairs(&tags).filter(|(key, _)| *key != HIGH_HALF);
    let (state, is_whole) = datadog_state::write(priority, origin.as_deref(), others);
    if !is_whole {
        report(found, STATE.too_long());
    }
    if !state.is_empty() {
        // The text is a valid value, so the insertion cannot fail.
        let _written = context.tracestate.insert(datadog_state::KEY, &state);
    }
    found.context = Some(context);
    Ok(())
}

fn number(field: Field, text: &str) -> Result<u64, ParseVendorError> {
    let text = trim(text);
    // Rust's parser also accepts a sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number.ok_or_else(|| field.is(text))
}

fn priority(headers: &dyn Extractor) -> Result<Option<i8>, ParseVendorError> {
    const FIELD: Field = Field::whole(PRIORITY, "-1, 0, 1 or 2");
    let text = first(headers, PRIORITY);
    match text.as_deref().map(trim) {
        None => Ok(None),
        Some("-1") => Ok(Some(-1)),
        Some("0") => Ok(Some(0)),
        Some("1") => Ok(Some(1)),
        Some("2") => Ok(Some(2)),
        Some(other) => Err(FIELD.is(other)),
    }
}

fn high_half(tags: &str) -> Result<u64, ParseVendorError> {
    const FIELD: Field = Field {
        header: TAGS,
        part: "`_dd.p.tid`",
        expected: "16 lower-case hex digits",
    };
    let Some((_, digits)) = tag_pairs(tags).find(|(key, _)| *key == HIGH_HALF) else {
        return Ok(0);
    };
    let high: Result<u128, HexFinding> = parse_hex(digits, 16);
    high.map(low).map_err(|finding| FIELD.hex(finding))
}

fn tag_pairs(tags: &str) -> impl Iterator<Item = (&str, &str)> {
    tags.split(',').filter_map(|tag| {
        let (key, value) = tag.split_once('=')?;
        Some((trim(key), trim(value)))
    })
}
