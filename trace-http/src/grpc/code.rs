//! The status codes of gRPC.

use http::HeaderValue;
use trace_core::span;

use crate::conventions::RPC_STATUS_CODE;

/// The status code of a gRPC call.
///
/// ```
/// use trace_http::grpc::Code;
///
/// assert_eq!(Code::NotFound.name(), "NOT_FOUND");
/// assert_eq!(Code::from_number(5), Code::NotFound);
/// ```
///
/// Source: gRPC, *Status codes and their use in gRPC*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    missing_docs,
    reason = "the names are those of gRPC, which explains them"
)]
pub enum Code {
    Ok,
    Cancelled,
    Unknown,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    ResourceExhausted,
    FailedPrecondition,
    Aborted,
    OutOfRange,
    Unimplemented,
    Internal,
    Unavailable,
    DataLoss,
    Unauthenticated,
}

/// All codes, ordered by number.
const CODES: [(Code, &str); 17] = [
    (Code::Ok, "OK"),
    (Code::Cancelled, "CANCELLED"),
    (Code::Unknown, "UNKNOWN"),
    (Code::InvalidArgument, "INVALID_ARGUMENT"),
    (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
    (Code::NotFound, "NOT_FOUND"),
    (Code::AlreadyExists, "ALREADY_EXISTS"),
    (Code::PermissionDenied, "PERMISSION_DENIED"),
    (Code::ResourceExhausted, "RESOURCE_EXHAUSTED"),
    (Code::FailedPrecondition, "FAILED_PRECONDITION"),
    (Code::Aborted, "ABORTED"),
    (Code::OutOfRange, "OUT_OF_RANGE"),
    (Code::Unimplemented, "UNIMPLEMENTED"),
    (Code::Internal, "INTERNAL"),
    (Code::Unavailable, "UNAVAILABLE"),
    (Code::DataLoss, "DATA_LOSS"),
    (Code::Unauthenticated, "UNAUTHENTICATED"),
];

impl Code {
    /// Returns the code of a number; [`Unknown`](Self::Unknown) if no code has this number.
    #[must_use]
    pub fn from_number(number: u32) -> Self {
        let place = usize::try_from(number).ok();
        let code = place.and_then(|place| CODES.get(place));
        code.map_or(Self::Unknown, |(code, _)| *code)
    }

    /// Returns the name, in capital letters, as it is recorded.
    #[must_use]
    pub fn name(self) -> &'static str {
        CODES.get(self as usize).map_or("UNKNOWN", |(_, name)| name)
    }

    /// Reads the value of `grpc-status`. Returns [`Unknown`](Self::Unknown) if it is not the
    /// number of a code, written without leading zeros or spaces. Clients read it so, too.
    pub(crate) fn from_header(value: &HeaderValue) -> Self {
        let text = value.to_str().unwrap_or_default();
        let is_number = text == "0" || text.starts_with(|first| matches!(first, '1'..='9'));
        let number = text.parse().ok().filter(|_| is_number);
        number.map_or(Self::Unknown, Self::from_number)
    }

    /// Writes the status as a tag of the current span.
    pub(crate) fn write(self) {
        span::add_tag(RPC_STATUS_CODE, self.name());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_the_order_of_their_numbers() {
        for (number, (code, name)) in (0..).zip(CODES) {
            assert_eq!(code as u32, number);
            assert_eq!(Code::from_number(number), code);
            assert_eq!(code.name(), name);
        }
        assert_eq!(Code::from_number(17), Code::Unknown);
    }

    #[test]
    fn what_is_no_code_is_unknown() {
        let read = |text| Code::from_header(&HeaderValue::from_bytes(text).unwrap());
        assert_eq!(read(b"5"), Code::NotFound);
        assert_eq!(read(b"0"), Code::Ok);
        assert_eq!(read(b"16"), Code::Unauthenticated);
        for bad in [
            &b"99"[..],
            b"",
            b"-1",
            b"OK",
            b"\xff",
            b"00",
            b"05",
            b" 0",
            b"0 ",
            b"+0",
        ] {
            assert_eq!(read(bad), Code::Unknown);
        }
    }
}
