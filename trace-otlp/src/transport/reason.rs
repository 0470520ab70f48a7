//! What a server of HTTP says about a status that is no success.
//!
//! Reads the message alone. The text is that of a stranger: whoever shows it cuts it and hides
//! secrets.

use super::exchange::AnswerForm;
use super::message_fields::{Fields, Value};

/// Returns the text of a body; `None` if it has none, or a form for browsers.
///
/// Source: OTLP specification, *Failures* of OTLP/HTTP; googleapis, `google/rpc/status.proto`.
pub(super) fn reason(form: AnswerForm, body: &[u8]) -> Option<String> {
    let text = match form {
        AnswerForm::Protobuf => protobuf(body)?,
        #[cfg(feature = "json")]
        AnswerForm::Json => json(body)?,
        #[cfg(not(feature = "json"))]
        AnswerForm::Json => return None,
        AnswerForm::Text => String::from_utf8_lossy(body).into_owned(),
        AnswerForm::Other => return None,
    };
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn protobuf(status: &[u8]) -> Option<String> {
    let mut text = None;
    for field in Fields(status) {
        if let (2, Value::Bytes(message)) = field? {
            text = Some(String::from_utf8_lossy(message).into_owned());
        }
    }
    text
}

/// Reads a `Status`, or what some servers write in its place: `{"error":".."}`.
#[cfg(feature = "json")]
fn json(status: &[u8]) -> Option<String> {
    let status: serde_json::Value = serde_json::from_slice(status).ok()?;
    let text = status.get("message").or_else(|| status.get("error"))?;
    text.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_a_status_is_read() {
        let status = b"\x08\x03\x12\x0funknown api key\x1a\x02\x0a\0";
        let read = |body: &[u8]| reason(AnswerForm::Protobuf, body);
        assert_eq!(read(status).as_deref(), Some("unknown api key"));
        assert_eq!(read(b"\x08\x03"), None);
        assert_eq!(read(b"\x12\x01 "), None);
        for body in [&b"<html>"[..], b"\x12\x7fx", &[0xff; 20]] {
            assert_eq!(read(body), None, "{body:?}");
        }
        let other = reason(AnswerForm::Other, b"<html>");
        assert_eq!(other, None);
        let text = reason(AnswerForm::Text, b"no key\n");
        assert_eq!(text.as_deref(), Some("no key"));
    }

    #[cfg(feature = "json")]
    #[test]
    fn the_message_in_json_is_read() {
        let read = |body: &str| reason(AnswerForm::Json, body.as_bytes());
        for body in [
            r#"{"code":3,"message":"no key"}"#,
            r#"{"error":"no key"}"#,
            r#"{"message":" no key ","error":"x"}"#,
        ] {
            assert_eq!(read(body).as_deref(), Some("no key"), "{body}");
        }
        for body in ["", "{", "[]", "7", r#"{"message":7}"#, r#"{"error":{}}"#] {
            assert_eq!(read(body), None, "{body}");
        }
    }
}
