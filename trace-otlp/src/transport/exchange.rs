//! The interface between `export` and a protocol: a request and its result.

use std::fmt;
use std::io;
use std::time::Duration;

use ::http::{HeaderMap, Uri};

/// Most bytes of an answer's message that are read.
pub(super) const MAX_ANSWER_BYTES: usize = 64 << 10;

/// How to connect.
#[derive(Clone, Default)]
pub(crate) struct ConnectOptions {
    /// The usual timeout of a request.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "for ureq"))]
    pub(crate) timeout: Duration,
    /// The URL of a proxy; `None` for that of the environment.
    pub(crate) proxy: Option<String>,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<std::sync::Arc<super::tls::TlsSettings>>,
}

/// One request, ready to be sent.
pub(crate) struct Request<'a> {
    /// The whole URI, without user info.
    pub(crate) uri: &'a Uri,
    /// The type of the body, such as `application/x-protobuf`.
    pub(crate) content_type: &'static str,
    /// How `body` is compressed, such as `gzip`.
    pub(crate) encoding: Option<&'static str>,
    /// Headers of the application, and the user agent.
    pub(crate) headers: &'a HeaderMap,
    /// The pieces of the body, one after another.
    pub(crate) body: &'a [&'a [u8]],
    /// Longest total time, from resolving the host's name to the end of the answer.
    pub(crate) timeout: Duration,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: Status,
    /// The server's text about the status, unchanged. It may contain secrets.
    pub(crate) message: Option<String>,
    /// How long the server asks to wait before the next try.
    pub(crate) retry_after: Option<Duration>,
    /// The form of `body`, as the head of the answer names it.
    pub(crate) form: AnswerForm,
    /// The part of the message that was read.
    pub(crate) body: Vec<u8>,
    /// Why the body is incomplete. The status is known nevertheless.
    pub(crate) problem: Option<BodyProblem>,
}

/// The status of an answer, by protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Http(u16),
    Grpc(u32),
}

/// The form of an answer's body. Servers do not always use that of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnswerForm {
    Protobuf,
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "gRPC has one form"))]
    Json,
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "gRPC has one form"))]
    Text,
    /// One of no use here, or not named.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "gRPC has one form"))]
    Other,
}

/// Why the body of an answer is incomplete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyProblem {
    TooLarge,
    Broken,
    TimedOut,
    /// It is complete, but not valid in the protocol.
    #[cfg(feature = "grpc")]
    Unreadable,
}

/// Why there is no answer. Its text contains no header, query or user info.
#[derive(Debug)]
pub(crate) struct SendError {
    pub(crate) failure: SendFailure,
    /// Details from the operating system or TLS, never from the server's answer.
    pub(crate) detail: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SendFailure {
    /// No connection: no address, refused, no TLS.
    NotConnected,
    /// The time was up before the answer's status was known.
    TimedOut,
    /// The connection broke off, or the answer cannot be read.
    Broken,
    /// The head of the answer is larger than the limit.
    #[cfg_attr(
        not(feature = "http"),
        expect(dead_code, reason = "h2 calls it broken")
    )]
    TooLarge,
}

/// Sends requests of one protocol.
pub(crate) trait Transport: Send {
    /// Sends a request, and waits for its answer. Returns within about `request.timeout`.
    ///
    /// If the server closed the connection between two requests, it may not have seen the
    /// body. The body is then sent again within this call, on another connection.
    fn send(&mut self, request: &Request<'_>) -> Result<Response, SendError>;
}

impl SendError {
    pub(crate) fn new(failure: SendFailure) -> Self {
        Self {
            failure,
            detail: None,
        }
    }

    pub(crate) fn with_detail(failure: SendFailure, detail: impl Into<String>) -> Self {
        Self {
            failure,
            detail: Some(detail.into()),
        }
    }
}

/// Returns the operating system's text for an error, or the text of its kind. Other texts may
/// contain words from the server.
pub(super) fn io_text(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code).to_string(),
        None => error.kind().to_string(),
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.failure {
            SendFailure::NotConnected => "no connection",
            SendFailure::TimedOut => "no answer in time",
            SendFailure::Broken => "the connection broke off",
            SendFailure::TooLarge => "the head of the answer is too large",
        })?;
        match &self.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(status) => {
                write!(f, "status {status}")?;
                let known = ::http::StatusCode::from_u16(*status).ok();
                match known.and_then(|status| status.canonical_reason()) {
                    Some(reason) => write!(f, " ({reason})"),
                    None => Ok(()),
                }
            }
            Self::Grpc(code) => {
                write!(f, "gRPC status {code}")?;
                let index = usize::try_from(*code).ok();
                match index.and_then(|index| GRPC_CODES.get(index)) {
                    Some(name) => write!(f, " ({name})"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// The names of codes, by number.
///
/// Source: gRPC, *Status Codes*.
const GRPC_CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];
