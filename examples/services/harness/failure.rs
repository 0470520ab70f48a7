//! The answer of a handler that failed.
//!
//! `trace_request.rs` makes its message the status of the server span.

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::http_client::{CallError, Cause};

/// A failed answer and its reason, which becomes the status of the server span.
#[derive(Clone, Debug)]
pub struct Failure {
    pub status: StatusCode,
    pub message: String,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.message.clone()).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<CallError> for Failure {
    /// Keeps an error of the client. Any other failure becomes `502 Bad Gateway`.
    fn from(error: CallError) -> Self {
        match error.cause {
            Cause::Refused(status, message) if status.is_client_error() => Self { status, message },
            Cause::Refused(_, message) => Self {
                status: StatusCode::BAD_GATEWAY,
                message,
            },
            Cause::NoAnswer(_) => Self {
                status: StatusCode::BAD_GATEWAY,
                message: error.to_string(),
            },
        }
    }
}
