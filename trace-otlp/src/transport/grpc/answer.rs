//! The answer to a call: its message, and the status before or after it.
//!
//! Decides what an incomplete answer means. A server sends a message only if it has carried
//! out the call. The call must then not be sent again.
//!
//! Source: gRPC, *gRPC over HTTP2*, *Responses*; *HTTP to gRPC Status Code Mapping*.

use std::time::SystemTime;

use ::http::StatusCode;
use ::http::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use ::http::response::Parts;
use h2::RecvStream;
use tokio::time::{Instant, timeout_at};
use trace_core::Clock;

use super::super::exchange::{AnswerForm, BodyProblem, MAX_ANSWER_BYTES, Response, Status};
use super::super::retry_after::parse_retry_after;
use super::call_error::CallError;
use super::status::{GrpcStatus, OK, UNKNOWN};

/// The flag and the length before a message.
const PREFIX_BYTES: usize = 5;

/// The message of an answer, or why there is none.
#[derive(Debug, PartialEq, Eq)]
enum Message {
    Missing,
    Incomplete,
    Whole(Vec<u8>),
    /// Compressed without a request for it, or more than one.
    Unreadable,
    TooLarge,
}

/// Reads an answer to its end.
pub(super) async fn read(
    answer: ::http::Response<RecvStream>,
    deadline: Instant,
) -> Result<Response, CallError> {
    let (head, mut body) = answer.into_parts();
    let early = GrpcStatus::from_headers(&head.headers);
    if early.is_none() && !is_grpc(&head) {
        return Ok(without_grpc(&head));
    }
    let (message, end) = read_message(&mut body, deadline).await;
    let end = match end {
        // The rest is not read.
        Ok(()) if message == Message::TooLarge => Ok(HeaderMap::new()),
        Ok(()) => read_trailers(&mut body, deadline).await,
        Err(error) => Err(error),
    };
    let late = end.as_ref().ok().and_then(GrpcStatus::from_headers);
    match (late.or(early), end) {
        (Some(status), _) => {
            let (bytes, problem) = match message {
                Message::Missing => (Vec::new(), None),
                Message::Whole(bytes) => (bytes, None),
                Message::Incomplete => (Vec::new(), Some(BodyProblem::Broken)),
                Message::Unreadable => (Vec::new(), Some(BodyProblem::Unreadable)),
                Message::TooLarge => (Vec::new(), Some(BodyProblem::TooLarge)),
            };
            Ok(Response {
                status: Status::Grpc(status.code),
                message: status.message,
                retry_after: status.retry_after,
                form: AnswerForm::Protobuf,
                body: bytes,
                problem,
            })
        }
        (None, end) => match (message, end) {
            (Message::TooLarge, _) => Ok(taken(BodyProblem::TooLarge)),
            (Message::Whole(_) | Message::Unreadable, Err(CallError::TimedOut)) => {
                Ok(taken(BodyProblem::TimedOut))
            }
            (Message::Whole(_) | Message::Unreadable, _) => Ok(taken(BodyProblem::Broken)),
            (Message::Missing | Message::Incomplete, Ok(_)) => Ok(unknown("no status")),
            (Message::Missing | Message::Incomplete, Err(error)) => Err(error),
        },
    }
}

async fn read_message(
    body: &mut RecvStream,
    deadline: Instant,
) -> (Message, Result<(), CallError>) {
    let mut bytes = Vec::new();
    let end = loop {
        match timeout_at(deadline, body.data()).await {
            Err(_) => break Err(CallError::TimedOut),
            Ok(None) => break Ok(()),
            Ok(Some(Err(error))) => break Err(CallError::Interrupted(error)),
            Ok(Some(Ok(data))) => {
                bytes.extend_from_slice(&data);
                if Message::from_bytes(&bytes) == Message::TooLarge {
                    break Ok(());
                }
                // Releases no more than was received.
                let _open = body.flow_control().release_capacity(data.len());
            }
        }
    };
    (Message::from_bytes(&bytes), end)
}

async fn read_trailers(body: &mut RecvStream, deadline: Instant) -> Result<HeaderMap, CallError> {
    let trailers = timeout_at(deadline, body.trailers()).await;
    let trailers = trailers.map_err(|_| CallError::TimedOut)?;
    Ok(trailers
        .map_err(CallError::Interrupted)?
        .unwrap_or_default())
}

impl Message {
    /// Reads the received part of a body.
    fn from_bytes(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::Missing;
        }
        let Some((&[flag, a, b, c, d], message)) = bytes.split_first_chunk::<PREFIX_BYTES>() else {
            return Self::Incomplete;
        };
        let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        if length.max(message.len()) > MAX_ANSWER_BYTES {
            return Self::TooLarge;
        }
        match message.len() {
            got if got < length => Self::Incomplete,
            got if got > length || flag != 0 => Self::Unreadable,
            _ => Self::Whole(message.to_vec()),
        }
    }
}

fn is_grpc(head: &Parts) -> bool {
    let kind = head.headers.get(CONTENT_TYPE);
    let is_kind = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"));
    head.status == StatusCode::OK && is_kind
}

/// Makes the response to an answer that is not gRPC, such as that of a proxy. The HTTP status
/// is kept, because the gRPC codes for HTTP statuses mean the same.
fn without_grpc(head: &Parts) -> Response {
    if head.status.is_success() {
        return unknown("the answer is not gRPC");
    }
    let retry_after = head.headers.get(RETRY_AFTER);
    let retry_after = retry_after.and_then(|value| value.to_str().ok());
    let now = SystemTime::from(Clock::system().now());
    Response {
        status: Status::Http(head.status.as_u16()),
        message: None,
        retry_after: retry_after.and_then(|value| parse_retry_after(value, now)),
        form: AnswerForm::Protobuf,
        body: Vec::new(),
        problem: None,
    }
}

/// Makes the response of a server that carried out the call, but sent an incomplete answer.
fn taken(problem: BodyProblem) -> Response {
    Response {
        status: Status::Grpc(OK),
        message: None,
        retry_after: None,
        form: AnswerForm::Protobuf,
        body: Vec::new(),
        problem: Some(problem),
    }
}

fn unknown(why: &str) -> Response {
    Response {
        status: Status::Grpc(UNKNOWN),
        message: Some(why.to_owned()),
        retry_after: None,
        form: AnswerForm::Protobuf,
        body: Vec::new(),
        problem: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_as_far_as_it_came() {
        let read = Message::from_bytes;
        assert_eq!(read(b""), Message::Missing);
        assert_eq!(read(b"\0\0\0"), Message::Incomplete);
        assert_eq!(read(b"\0\0\0\0\x02a"), Message::Incomplete);
        assert_eq!(read(b"\0\0\0\0\0"), Message::Whole(Vec::new()));
        assert_eq!(read(b"\0\0\0\0\x02ab"), Message::Whole(b"ab".to_vec()));
        assert_eq!(read(b"\x01\0\0\0\x02ab"), Message::Unreadable);
        assert_eq!(read(b"\0\0\0\0\x01ab"), Message::Unreadable);
        assert_eq!(read(b"\0\xff\xff\xff\xff"), Message::TooLarge);
        assert_eq!(read(&[0; 5 + MAX_ANSWER_BYTES + 1]), Message::TooLarge);
    }
}
