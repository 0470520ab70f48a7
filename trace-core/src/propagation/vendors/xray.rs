//! The header of AWS X-Ray.

use super::error::{Field, ParseVendorError};
use super::ids::span_id;
use crate::propagation::carrier::first;
use crate::propagation::{Extracted, Extractor, HeaderProblem, Injector, Propagator, TraceStart};
use crate::value::baggage::trim;
use crate::value::hex::{HexFinding, parse_any_hex};
use crate::value::{Baggage, TraceContext, TraceFlags, TraceId};

const HEADER: &str = "x-amzn-trace-id";

/// Writes and reads `x-amzn-trace-id`, the header of AWS X-Ray and of AWS load balancers.
///
/// The header is a list of `key=value` pairs in any order, joined with `;`:
///
/// | key | value |
/// |---|---|
/// | `Root` | the trace id, as `1-{8 hex digits}-{24 hex digits}` |
/// | `Parent` | the span id, 16 hex digits |
/// | `Sampled` | `1` or `0`; if it is `?` or missing, nobody has decided ([`TraceFlags::DEFERRED`]) |
///
/// Other keys, such as `Self` of a load balancer, are ignored.
///
/// A load balancer that receives no trace sends `Root` alone. Then the trace that starts here
/// gets that id: see [`Extracted::start`]. A bad or missing `Root` leaves nothing, and a bad
/// `Parent` leaves no context. A bad `Sampled` is reported and ignored. If a key is there
/// twice, the first one counts. Baggage, `tracestate` and the other flags are not written.
///
/// Source: AWS X-Ray Developer Guide, *Tracing header*.
///
/// ```
/// use trace_core::propagation::{Propagator, XrayPropagator};
///
/// let header = "Self=1-67891234-12456789abcdef012345678a;Sampled=1;\
///               Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8";
/// let context = XrayPropagator.extract(&[("X-Amzn-Trace-Id", header)]).context.unwrap();
/// assert_eq!(context.trace_id.to_string(), "5759e988bd862e3fe1be46a994272793");
/// assert!(context.is_sampled());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct XrayPropagator;

impl Propagator for XrayPropagator {
    fn inject(&self, context: &TraceContext, headers: &mut dyn Injector) {
        let (root, span) = (root(context.trace_id), context.span_id);
        let sampled = sampled(context.flags);
        headers.set(HEADER, &format!("{root};Parent={span}{sampled}"));
    }

    fn inject_start(&self, start: TraceStart, _baggage: &Baggage, headers: &mut dyn Injector) {
        let Some(trace_id) = start.trace_id else {
            return;
        };
        let sampled = start.flags.map_or("", sampled);
        headers.set(HEADER, &format!("{}{sampled}", root(trace_id)));
    }

    fn extract(&self, headers: &dyn Extractor) -> Extracted {
        let mut found = Extracted::default();
        let Some(text) = first(headers, HEADER) else {
            return found;
        };
        let mut report = |error| found.problems.push(HeaderProblem::Vendor(error));
        let parts = Parts::from_text(&text);
        let flags = parts.sampled.and_then(|text| match text {
            "1" => Some(TraceFlags::SAMPLED),
            "0" => Some(TraceFlags::NONE),
            "?" | "" => None,
            other => {
                report(SAMPLED.is(other));
                None
            }
        });
        let ids = trace_id(parts.root).and_then(|trace_id| {
            let parent = parts.parent.filter(|parent| !parent.is_empty());
            let parent = parent.map(|parent| span_id(PARENT, parent));
            Ok((trace_id, parent.transpose()?))
        });
        match ids {
            Ok((trace_id, Some(span_id))) => {
                found.context = Some(TraceContext {
                    flags: flags.unwrap_or(TraceFlags::DEFERRED),
                    is_remote: true,
                    ..TraceContext::new(trace_id, span_id)
                });
            }
            Ok((trace_id, None)) => {
                found.start.trace_id = Some(trace_id);
                found.start.flags = flags;
            }
            Err(error) => report(error),
        }
        found
    }
}

fn root(trace_id: TraceId) -> String {
    let trace = trace_id.get();
    let (time, rest) = (trace >> 96, trace & (u128::MAX >> 32));
    format!("Root=1-{time:08x}-{rest:024x}")
}

fn sampled(flags: TraceFlags) -> &'static str {
    match flags {
        flags if flags.is_deferred() => "",
        flags if flags.is_sampled() => ";Sampled=1",
        _ => ";Sampled=0",
    }
}

const ROOT: Field = part("`Root`", "`1-{8 hex digits}-{24 hex digits}`, not all 0");
const PARENT: Field = part("`Parent`", "16 hex digits, not all 0");
const SAMPLED: Field = part("`Sampled`", "`0`, `1` or `?`");

const fn part(part: &'static str, expected: &'static str) -> Field {
    Field {
        header: HEADER,
        part,
        expected,
    }
}

/// The values of the header, not checked yet.
#[derive(Default)]
struct Parts<'a> {
    root: Option<&'a str>,
    parent: Option<&'a str>,
    sampled: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn from_text(text: &'a str) -> Self {
        let mut parts = Self::default();
        for (key, value) in text.split(';').filter_map(|part| part.split_once('=')) {
            let place = match trim(key) {
                key if key.eq_ignore_ascii_case("root") => &mut parts.root,
                key if key.eq_ignore_ascii_case("parent") => &mut parts.parent,
                key if key.eq_ignore_ascii_case("sampled") => &mut parts.sampled,
                _ => continue,
            };
            place.get_or_insert(trim(value));
        }
        parts
    }
}

fn trace_id(root: Option<&str>) -> Result<TraceId, ParseVendorError> {
    let root = root.ok_or_else(|| ROOT.missing())?;
    let mut parts = root.splitn(4, '-');
    let (Some("1"), Some(time), Some(rest), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(ROOT.is(root));
    };
    let hex = |text, digits| parse_any_hex(text, |length| length == digits);
    let time = hex(time, 8).map_err(|finding| ROOT.hex(finding))?;
    let rest = hex(rest, 24).map_err(|finding| ROOT.hex(finding))?;
    TraceId::new(time << 96 | rest).ok_or_else(|| ROOT.hex(HexFinding::AllZero))
}
