//! What Zipkin's and Jaeger's formats have in common: ids of any length, microseconds,
//! and a status among the tags.

use serde_json::Value;
use trace_core::{SpanId, Status, Tag, Timestamp, TraceId};

use super::scalar::{Number, Scalar};

/// An id in hex without its leading zeros, as both write it: 64 bits of a trace's are
/// the lower half.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Padded<T>(pub(super) T);

fn padded(text: &str, digits: usize) -> Option<u128> {
    let is_hex = text.len() <= digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex
        .then(|| u128::from_str_radix(text, 16).ok())
        .flatten()
}

impl Scalar for Padded<TraceId> {
    const EXPECTED: &'static str = "1 to 32 hex digits, not all zero";

    fn from_text(text: &str) -> Option<Self> {
        TraceId::new(padded(text, 32)?).map(Self)
    }
}

impl Scalar for Padded<SpanId> {
    const EXPECTED: &'static str = "1 to 16 hex digits, not all zero";

    fn from_text(text: &str) -> Option<Self> {
        SpanId::new(padded(text, 16)?.try_into().ok()?).map(Self)
    }
}

/// The id of a parent: empty or all zero for none.
impl Scalar for Padded<Option<SpanId>> {
    const EXPECTED: &'static str = "up to 16 hex digits";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "" => Some(Self(None)),
            text => Some(Self(SpanId::new(padded(text, 16)?.try_into().ok()?))),
        }
    }
}

/// A time or a duration in microseconds; nothing if it is not known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Micros(Option<u64>);

impl Micros {
    fn nanos(self) -> Option<u64> {
        self.0?.checked_mul(1_000)
    }

    /// Returns the time; zero if it is not known.
    pub(super) fn time(self) -> Timestamp {
        Timestamp::from_unix_nanos(self.nanos().unwrap_or(0))
    }

    /// Returns when what starts then and takes so long ends; zero if that is not known.
    pub(super) fn end(self, duration: Self) -> Timestamp {
        let start = self.nanos().filter(|start| *start > 0);
        let end = start.zip(duration.nanos());
        let end = end.and_then(|(start, duration)| start.checked_add(duration));
        Timestamp::from_unix_nanos(end.unwrap_or(0))
    }
}

impl Scalar for Micros {
    const EXPECTED: &'static str = "microseconds: an integer from 0 to 2^64 / 1000";

    fn from_text(text: &str) -> Option<Self> {
        u64::from_text(text).and_then(Self::in_range)
    }

    fn from_number(number: Number) -> Option<Self> {
        u64::from_number(number).and_then(Self::in_range)
    }
}

impl Micros {
    fn in_range(micros: u64) -> Option<Self> {
        micros.checked_mul(1_000).map(|_| Self(Some(micros)))
    }
}

/// Takes a tag away and returns its value as text.
pub(super) fn take(tags: &mut Vec<Tag>, key: &str) -> Option<String> {
    let place = tags.iter().position(|tag| tag.key == key)?;
    Some(tags.remove(place).value.to_string())
}

/// Takes the status from the tags: an `error` that is not `false` is one, and its value
/// the message unless it is only `true`.
///
/// Source: OpenTelemetry specification, *OpenTelemetry to Zipkin Transformation* and
/// *Mapping to non-OTLP formats*: *Span Status*.
pub(super) fn take_status(tags: &mut Vec<Tag>) -> Status {
    let description = take(tags, "otel.status_description");
    let code = take(tags, "otel.status_code").map(|code| code.to_ascii_uppercase());
    let error = take(tags, "error").filter(|error| error != "false");
    match (error.as_deref(), code.as_deref()) {
        (Some("true"), _) | (None, Some("ERROR")) => {
            Status::Error(description.unwrap_or_default().into())
        }
        (Some(error), _) => Status::Error(description.unwrap_or_else(|| error.to_owned()).into()),
        (None, Some("OK")) => Status::Ok,
        (None, _) => Status::Unset,
    }
}

/// Returns a value as text: what is none as JSON.
pub(super) fn text_of(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        value => value.to_string(),
    }
}
