//! Reads what Zipkin's and Jaeger's formats have in common: ids of any length,
//! microseconds, and a status among the tags.

use serde::Deserialize;
use serde::de::Deserializer;
use serde_json::Value;
use serde_json::value::RawValue;
use trace_core::{SpanId, Status, Tag, TagRef, Timestamp, TraceId};

use super::scalar::Scalar;

/// An id in hex without leading zeros, as both formats write it. If a trace id has only 64
/// bits, they are its lower half.
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

/// The id of a reference's trace: `None` if it is empty or all zero.
impl Scalar for Padded<Option<TraceId>> {
    const EXPECTED: &'static str = "up to 32 hex digits";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "" => Some(Self(None)),
            text => Some(Self(TraceId::new(padded(text, 32)?))),
        }
    }
}

/// The id of a parent, or of a reference's span: `None` if it is empty or all zero.
impl Scalar for Padded<Option<SpanId>> {
    const EXPECTED: &'static str = "up to 16 hex digits";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "" => Some(Self(None)),
            text => Some(Self(SpanId::new(padded(text, 16)?.try_into().ok()?))),
        }
    }
}

/// A time or a duration in microseconds; `None` if it is unknown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Micros(Option<u64>);

impl Micros {
    fn nanos(self) -> Option<u64> {
        self.0?.checked_mul(1_000)
    }

    /// Returns the time; zero if it is unknown.
    pub(super) fn time(self) -> Timestamp {
        Timestamp::from_unix_nanos(self.nanos().unwrap_or(0))
    }

    /// Returns the end after `duration`; zero if it is unknown.
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
        let micros = u64::from_text(text)?;
        micros.checked_mul(1_000).map(|_| Self(Some(micros)))
    }

    fn from_number(number: &str) -> Option<Self> {
        Self::from_text(number)
    }
}

/// Removes a tag and returns its value as text.
pub(super) fn take(tags: &mut Vec<Tag>, key: &str) -> Option<String> {
    let index = tags.iter().position(|tag| tag.key == key)?;
    Some(tags.remove(index).value.to_string())
}

const ERROR: &str = "error";
const CODE: &str = "otel.status_code";
const DESCRIPTION: &str = "otel.status_description";

/// Takes the status from the tags. Also returns whether its code is unknown. A tag `error`
/// that is not false sets an error, and its value is the message unless it is just true. Tags
/// that the status cannot express stay.
///
/// Source: OpenTelemetry specification, *OpenTelemetry to Zipkin Transformation* and
/// *Mapping to non-OTLP formats*: *Span Status*.
pub(super) fn take_status(tags: &mut Vec<Tag>) -> (Status, bool) {
    let text = |wanted| {
        let tag = tags.iter().find(|tag| tag.key == wanted)?;
        Some(tag.value.to_string())
    };
    let (description, code) = (text(DESCRIPTION), text(CODE));
    let code = code.map(|code| code.to_ascii_uppercase());
    let error = tags.iter().find(|tag| tag.key == ERROR);
    let error = error.map(|tag| ErrorTag::from_value(tag.value.as_ref()));

    let is_error = match &error {
        Some(ErrorTag::Yes | ErrorTag::Message(_)) => true,
        Some(ErrorTag::No) | None => code.as_deref() == Some("ERROR"),
    };
    let status = match (is_error, code.as_deref()) {
        (true, _) => {
            let message = match (&description, &error) {
                (Some(text), _) | (None, Some(ErrorTag::Message(text))) => text.as_str(),
                (None, _) => "",
            };
            Status::Error(message.to_owned().into())
        }
        (false, Some("OK")) => Status::Ok,
        (false, _) => Status::Unset,
    };
    let is_shown = |key: &str| match key {
        ERROR => description.is_none() || !matches!(error, Some(ErrorTag::Message(_))),
        DESCRIPTION => is_error,
        CODE => match code.as_deref() {
            Some("ERROR") => is_error,
            Some("OK" | "UNSET") => !is_error,
            _ => false,
        },
        _ => false,
    };
    let is_unknown = !matches!(code.as_deref(), None | Some("ERROR" | "OK" | "UNSET"));
    tags.retain(|tag| !is_shown(&tag.key));
    (status, is_unknown)
}

/// The meaning of a tag `error`.
enum ErrorTag {
    Yes,
    No,
    Message(String),
}

impl ErrorTag {
    fn from_value(value: TagRef<'_>) -> Self {
        let is = |text: &str, word: &str| text.eq_ignore_ascii_case(word);
        match value {
            TagRef::Bool(true) | TagRef::I64(1) => Self::Yes,
            TagRef::Bool(false) | TagRef::I64(0) => Self::No,
            TagRef::Str(text) if is(text, "true") => Self::Yes,
            TagRef::Str(text) if is(text, "false") => Self::No,
            value => Self::Message(value.to_string()),
        }
    }
}

/// A value of any type.
#[derive(Clone, Debug, Default)]
pub(super) enum Loose {
    #[default]
    Null,
    Bool(bool),
    /// A number, as it was written.
    Number(String),
    Text(String),
    /// An array or an object.
    Other(Value),
}

impl Loose {
    /// Returns the value as text. A value that is not a text becomes JSON.
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Bool(value) => value.to_string(),
            Self::Number(text) | Self::Text(text) => text,
            Self::Other(value) => value.to_string(),
        }
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?.get();
        Ok(match text.as_bytes() {
            [b'-' | b'0'..=b'9', ..] => Self::Number(text.to_owned()),
            _ => match serde_json::from_str(text).map_err(serde::de::Error::custom)? {
                Value::Null => Self::Null,
                Value::Bool(value) => Self::Bool(value),
                Value::String(text) => Self::Text(text),
                value => Self::Other(value),
            },
        })
    }
}
