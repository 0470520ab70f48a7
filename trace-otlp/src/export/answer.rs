//! What an answer means for the spans of its request.

use crate::transport::{Response, Status};

/// What is to be done after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The server has the spans, but for those that the body says.
    Taken,
    /// Send the same again later.
    Again,
    /// Send less at once.
    TooLarge,
    /// Send the same again with other headers, if there are others.
    Unauthorized,
    /// Do not send these spans again.
    Refused,
}

/// Returns the meaning of a status.
///
/// Source: OTLP specification, *Failures* of OTLP/gRPC and *Retryable Response Codes* of
/// OTLP/HTTP. A redirect is a refusal: a body and its headers go only where they were meant to.
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
            CANCELLED | DEADLINE_EXCEEDED | ABORTED | OUT_OF_RANGE | UNAVAILABLE | DATA_LOSS => {
                Meaning::Again
            }
            RESOURCE_EXHAUSTED if response.retry_after.is_some() => Meaning::Again,
            UNAUTHENTICATED => Meaning::Unauthorized,
            _ => Meaning::Refused,
        },
    }
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

    fn meaning_of(status: Status, retry_after: Option<Duration>) -> Meaning {
        meaning(&Response {
            status,
            retry_after,
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
}
