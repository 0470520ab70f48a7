//! Reads the answer to a request that a server accepted.
//!
//! Source: opentelemetry-proto, *ExportTraceServiceResponse* and the responses of the other
//! signals, which have the same field numbers; OTLP specification, *Partial Success*.

use crate::encode::{Format, Signal};
use crate::transport::{Fields, Value};

/// How many items of a request were rejected, and why.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct PartialSuccess {
    pub(super) rejected: u64,
    pub(super) message: String,
}

/// The answer is not a message of the expected type.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// Reads an answer, which has the format of its request. An empty answer is a full success.
pub(super) fn read(
    format: Format,
    #[cfg_attr(
        not(feature = "json"),
        expect(unused_variables, reason = "in protobuf, fields have no names")
    )]
    signal: Signal,
    body: &[u8],
) -> Result<PartialSuccess, Unreadable> {
    match format {
        Format::Protobuf => read_protobuf(body).ok_or(Unreadable),
        #[cfg(feature = "json")]
        Format::Json => read_json(signal, body).ok_or(Unreadable),
    }
}

fn read_protobuf(body: &[u8]) -> Option<PartialSuccess> {
    let mut partial = PartialSuccess::default();
    for field in Fields(body) {
        // A message that occurs twice is merged.
        if let (1, Value::Bytes(message)) = field? {
            for field in Fields(message) {
                match field? {
                    // A negative number is wrong, but harmless.
                    (1, Value::Varint(items)) => {
                        partial.rejected = u64::try_from(items.cast_signed()).unwrap_or(0);
                    }
                    (2, Value::Bytes(text)) => {
                        partial.message = String::from_utf8_lossy(text).into_owned();
                    }
                    _ => {}
                }
            }
        }
    }
    Some(partial)
}

/// Source: OTLP specification, *JSON Protobuf Encoding*: 64-bit integers are strings, and
/// readers accept numbers too.
#[cfg(feature = "json")]
fn read_json(signal: Signal, body: &[u8]) -> Option<PartialSuccess> {
    use serde_json::Value;

    if body.is_empty() {
        return Some(PartialSuccess::default());
    }
    let answer: Value = serde_json::from_slice(body).ok()?;
    let partial = match answer.as_object()?.get("partialSuccess") {
        None | Some(Value::Null) => return Some(PartialSuccess::default()),
        Some(partial) => partial.as_object()?,
    };
    let key = match signal {
        Signal::Traces => "rejectedSpans",
        Signal::Logs => "rejectedLogRecords",
        Signal::Metrics => "rejectedDataPoints",
    };
    let rejected = match partial.get(key) {
        None | Some(Value::Null) => 0,
        Some(Value::String(digits)) => digits.parse::<i64>().ok()?,
        Some(number) => number.as_i64()?,
    };
    let message = partial.get("errorMessage").and_then(Value::as_str);
    Some(PartialSuccess {
        rejected: u64::try_from(rejected).unwrap_or(0),
        message: message.unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protobuf(body: &[u8]) -> Result<PartialSuccess, Unreadable> {
        read(Format::Protobuf, Signal::Traces, body)
    }

    #[test]
    fn a_partial_success_is_read() {
        assert_eq!(protobuf(b""), Ok(PartialSuccess::default()));
        assert_eq!(protobuf(b"\x0a\x00"), Ok(PartialSuccess::default()));
        let whole = PartialSuccess {
            rejected: 300,
            message: "bad".to_owned(),
        };
        assert_eq!(protobuf(b"\x0a\x08\x08\xac\x02\x12\x03bad"), Ok(whole));
        // Unknown fields of each kind are skipped.
        let unknown = b"\x10\x07\x1d\0\0\0\0\x21\0\0\0\0\0\0\0\0\x0a\x02\x08\x01\x3a\x01x";
        assert_eq!(protobuf(unknown).map(|one| one.rejected), Ok(1));
        let negative = b"\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        assert_eq!(protobuf(negative).map(|one| one.rejected), Ok(0));
    }

    #[test]
    fn damage_is_found_wherever_it_is() {
        let whole = b"\x0a\x08\x08\xac\x02\x12\x03bad";
        for cut in 1..whole.len() {
            assert_eq!(protobuf(&whole[..cut]), Err(Unreadable), "{cut}");
        }
        for body in [&b"<html>"[..], b"\0\0", b"{}", &[0xff; 20]] {
            assert_eq!(protobuf(body), Err(Unreadable), "{body:?}");
        }
    }

    #[cfg(feature = "json")]
    #[test]
    fn json_is_read_too() {
        let json = |body: &str| read(Format::Json, Signal::Traces, body.as_bytes());
        let full = Ok(PartialSuccess::default());
        for body in [
            "",
            "{}",
            r#"{"partialSuccess":{}}"#,
            r#"{"partialSuccess":null}"#,
        ] {
            assert_eq!(json(body), full, "{body}");
        }
        for number in ["3", "\"3\""] {
            let body = format!(
                r#"{{"partialSuccess":{{"rejectedSpans":{number},"errorMessage":"bad"}}}}"#
            );
            let partial = json(&body).unwrap();
            assert_eq!((partial.rejected, &*partial.message), (3, "bad"));
        }
        let logs = br#"{"partialSuccess":{"rejectedLogRecords":"2"}}"#;
        let partial = read(Format::Json, Signal::Logs, logs).unwrap();
        assert_eq!(partial.rejected, 2);
        for body in ["<html>", "[]", "7", r#"{"partialSuccess":7}"#, "{"] {
            assert_eq!(json(body), Err(Unreadable), "{body}");
        }
    }
}
