//! The status of a call, from headers or trailers.
//!
//! Source: gRPC, *gRPC over HTTP2*, *Responses*; googleapis, `google/rpc/status.proto` and
//! `google/rpc/error_details.proto`.

use std::time::Duration;

use ::http::HeaderMap;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode;

use super::super::message_fields::{Fields, Value};

pub(super) const OK: u32 = 0;
pub(super) const UNKNOWN: u32 = 2;

/// The status that a server reports for a call.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct GrpcStatus {
    pub(super) code: u32,
    pub(super) message: Option<String>,
    /// The delay of a `RetryInfo`.
    pub(super) retry_after: Option<Duration>,
}

impl GrpcStatus {
    /// Reads the status; `None` if there is none. A status that is not a number is
    /// [`UNKNOWN`].
    pub(super) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let code = headers.get("grpc-status")?;
        let code = code.to_str().ok().and_then(|code| code.parse().ok());
        let message = headers.get("grpc-message").map(|message| {
            let bytes = percent_decode(message.as_bytes());
            bytes.decode_utf8_lossy().into_owned()
        });
        let details = headers.get("grpc-status-details-bin");
        let retry_after = details.and_then(|details| retry_delay(&decode(details.as_bytes())?));
        Some(Self {
            code: code.unwrap_or(UNKNOWN),
            message: message.filter(|message| !message.is_empty()),
            retry_after,
        })
    }
}

/// Reads base64, with or without padding.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    const ANY_PADDING: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    ANY_PADDING.decode(text).ok()
}

/// Returns the delay of a `google.rpc.Status` with a `RetryInfo`. A negative delay is zero.
fn retry_delay(status: &[u8]) -> Option<Duration> {
    let details = messages(status, 3);
    let mut delays = details.iter().filter_map(|any| {
        let is_wanted = |name: &&[u8]| name.ends_with(b"/google.rpc.RetryInfo");
        messages(any, 1).into_iter().find(is_wanted)?;
        let info = messages(any, 2).pop().unwrap_or_default();
        let delay = messages(info, 1).pop()?;
        let seconds = u64::try_from(number(delay, 1)).unwrap_or(0);
        let nanoseconds = u32::try_from(number(delay, 2)).unwrap_or(0);
        Some(Duration::from_secs(seconds).saturating_add(Duration::from_nanos(nanoseconds.into())))
    });
    delays.next_back()
}

fn messages(message: &[u8], wanted: u64) -> Vec<&[u8]> {
    let fields = Fields(message).flatten();
    let found = fields.filter_map(|(number, value)| match value {
        Value::Bytes(bytes) if number == wanted => Some(bytes),
        _ => None,
    });
    found.collect()
}

fn number(message: &[u8], wanted: u64) -> i64 {
    let fields = Fields(message).flatten();
    let found = fields.filter_map(|(number, value)| match value {
        Value::Varint(value) if number == wanted => Some(value.cast_signed()),
        _ => None,
    });
    found.last().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A `Status` of code 8 with a `RetryInfo` of 2 s and 5 ns, after another detail.
    const DETAILS: &[u8] = b"\x08\x08\x1a\x05\x0a\x03x/y\
        \x1a\x32\x0a\x28type.googleapis.com/google.rpc.RetryInfo\x12\x06\x0a\x04\x08\x02\x10\x05";

    fn read(pairs: &[(&'static str, &str)]) -> Option<GrpcStatus> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        GrpcStatus::from_headers(&headers)
    }

    #[test]
    fn a_status_is_a_number_and_a_text() {
        assert_eq!(read(&[("grpc-message", "no")]), None);
        let status = read(&[("grpc-status", "3"), ("grpc-message", "a%20b%c3%bc%zz%")]).unwrap();
        assert_eq!(status.code, 3);
        assert_eq!(status.message.unwrap(), "a b\u{fc}%zz%");
        for wrong in ["", "-1", "ok", "99999999999"] {
            assert_eq!(read(&[("grpc-status", wrong)]).unwrap().code, UNKNOWN);
        }
    }

    #[test]
    fn the_delay_of_a_retry_info_is_read() {
        use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

        for text in [STANDARD.encode(DETAILS), STANDARD_NO_PAD.encode(DETAILS)] {
            let status = read(&[("grpc-status", "8"), ("grpc-status-details-bin", &text)]);
            let expected = Duration::new(2, 5);
            assert_eq!(status.unwrap().retry_after, Some(expected), "{text}");
        }
        let after = |details: &[u8]| retry_delay(details);
        // Of another type; without a delay; negative; damaged anywhere.
        assert_eq!(after(&DETAILS[..9]), None);
        assert_eq!(after(b"\x1a\x17\x0a\x15/google.rpc.RetryInfo"), None);
        let negative = b"\x1a\x26\x0a\x15/google.rpc.RetryInfo\x12\x0d\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        assert_eq!(after(negative), Some(Duration::ZERO));
        for end in 0..DETAILS.len() {
            let _any = after(&DETAILS[..end]);
        }
        let garbage = [("grpc-status", "8"), ("grpc-status-details-bin", "%%%")];
        assert_eq!(read(&garbage).unwrap().retry_after, None);
    }
}
