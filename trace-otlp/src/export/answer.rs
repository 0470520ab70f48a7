//! What an answer means for the spans of its request.

use crate::transport::{Response, Status};

/// What to do after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The server has the spans, except those that the body reports as rejected.
    Taken,
    /// Send the same again later.
    Again,
    /// Send smaller requests.
    TooLarge,
    /// Send the same again with other headers, if there are others.
    Unauthorized,
    /// Do not send these spans again.
    Refused,
}

/// Returns the meaning of a status.
///
/// Source: OTLP specification, *Failures* of OTLP/gRPC and *Retryable Response Codes* of
/// OTLP/HTTP. A redirect counts as a refusal: a body and its headers are sent only to the
/// configured server.
pub(super) fn meaning(response: &Response) -> Meaning {
    match response.status {
        Status::Http(status) => match status {
            200..=299 => Meaning::Taken,
            401 => Meaning::Unauthorized,
            413 => Meaning::TooLarge,
            429 | 502 | 503 | 504 => Meaning::Again,
            _ => Meaning::Refused,
        },
        Status::Grpc(code) => match code {
            OK => Meaning::Taken,
            RESOURCE_EXHAUSTED | OUT_OF_RANGE if is_about_size(response) => Meaning::TooLarge,
            CANCELLED | DEADLINE_EXCEEDED | ABORTED | OUT_OF_RANGE | UNAVAILABLE | DATA_LOSS => {
                Meaning::Again
            }
            RESOURCE_EXHAUSTED if response.retry_after.is_some() => Meaning::Again,
            UNAUTHENTICATED => Meaning::Unauthorized,
            _ => Meaning::Refused,
        },
    }
}

/// Returns whether the server finds the message too large. gRPC has no code for this, and each
/// library has its own text: *larger than max* (Go, C++, Python, Node), *too large* (tonic),
/// *exceeds maximum size* (Java), *exceeds the maximum* (.NET).
fn is_about_size(response: &Response) -> bool {
    let texts = [
        "larger than max",
        "too large",
        "exceeds maximum size",
        "exceeds the maximum",
    ];
    let message = response.message.as_deref().unwrap_or_default();
    let message = message.to_ascii_lowercase();
    response.retry_after.is_none() && texts.iter().any(|text| message.contains(text))
}

const OK: u32 = 0;
const CANCELLED: u32 = 1;
const DEADLINE_EXCEEDED: u32 = 4;
const RESOURCE_EXHAUSTED: u32 = 8;
const ABORTED: u32 = 10;
const OUT_OF_RANGE: u32 = 11;
const UNAVAILABLE: u32 = 14;
const DATA_LOSS: u32 = 15;
const UNAUTHENTICATED: u32 = 16;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::transport::AnswerForm;

    fn meaning_of(status: Status, retry_after: Option<Duration>) -> Meaning {
        meaning(&Response {
            status,
            message: None,
            retry_after,
            form: AnswerForm::Protobuf,
            body: Vec::new(),
            problem: None,
        })
    }

    #[test]
    fn only_some_statuses_of_http_are_sent_again() {
        for status in 100..=599 {
            let expected = match status {
                200..300 => Meaning::Taken,
                401 => Meaning::Unauthorized,
                413 => Meaning::TooLarge,
                429 | 502 | 503 | 504 => Meaning::Again,
                _ => Meaning::Refused,
            };
            for retry_after in [None, Some(Duration::ZERO)] {
                let found = meaning_of(Status::Http(status), retry_after);
                assert_eq!(found, expected, "{status}");
            }
        }
    }

    #[test]
    fn only_some_codes_of_grpc_are_sent_again() {
        for code in 0..20 {
            let expected = match code {
                0 => Meaning::Taken,
                1 | 4 | 10 | 11 | 14 | 15 => Meaning::Again,
                16 => Meaning::Unauthorized,
                _ => Meaning::Refused,
            };
            assert_eq!(meaning_of(Status::Grpc(code), None), expected, "{code}");
        }
        let exhausted = meaning_of(Status::Grpc(8), Some(Duration::ZERO));
        assert_eq!(exhausted, Meaning::Again, "with RetryInfo");
    }

    #[test]
    fn a_message_that_is_too_large_is_known_by_its_text() {
        let meaning_of = |code, message: &str, retry_after| {
            meaning(&Response {
                status: Status::Grpc(code),
                message: Some(message.to_owned()),
                retry_after,
                form: AnswerForm::Protobuf,
                body: Vec::new(),
                problem: None,
            })
        };
        for (code, message) in [
            (8, "grpc: received message larger than max (9 vs. 4)"),
            (8, "Received message larger than max (9 vs. 4)"),
            (8, "gRPC message exceeds maximum size 4: 9"),
            (
                8,
                "Received message exceeds the maximum configured message size.",
            ),
            (
                11,
                "Error, decoded message length too large: found 9 bytes, the limit is: 4 bytes",
            ),
        ] {
            assert_eq!(
                meaning_of(code, message, None),
                Meaning::TooLarge,
                "{message}"
            );
            assert_eq!(meaning_of(3, message, None), Meaning::Refused);
            let asked = meaning_of(code, message, Some(Duration::ZERO));
            assert_eq!(asked, Meaning::Again, "the server knows better");
        }
        assert_eq!(meaning_of(8, "quota exceeded", None), Meaning::Refused);
    }
}
