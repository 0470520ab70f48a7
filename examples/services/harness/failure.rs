//! What failed: the answer of a handler, and what a caller makes of it.
//!
//! The span of the function that failed has the reason. The layers' spans have the status.

use std::fmt;

use axum::BoxError;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tonic::{Code, Status};

use crate::service::Service;

/// A failed answer and its reason.
#[derive(Clone, Debug)]
pub struct Failure {
    pub status: StatusCode,
    pub message: String,
}

/// A call that failed.
#[derive(Debug)]
pub struct CallError {
    pub callee: Service,
    pub failure: Failure,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, self.message).into_response()
    }
}

impl From<CallError> for Failure {
    /// Keeps an error of the client. Any other failure becomes `502 Bad Gateway`.
    fn from(error: CallError) -> Self {
        let Self { status, message } = error.failure;
        let status = match status.is_client_error() {
            true => status,
            false => StatusCode::BAD_GATEWAY,
        };
        Self { status, message }
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self {
            status: match status.code() {
                Code::Unauthenticated => StatusCode::UNAUTHORIZED,
                _ => StatusCode::BAD_GATEWAY,
            },
            message: status.message().to_owned(),
        }
    }
}

impl From<BoxError> for Failure {
    /// There is no answer.
    fn from(error: BoxError) -> Self {
        Self {
            status: StatusCode::BAD_GATEWAY,
            message: format!("no answer: {error}"),
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { status, message } = &self.failure;
        let (status, callee) = (status.as_u16(), self.callee.name());
        write!(f, "{status} from {callee}: {message}")
    }
}

impl std::error::Error for CallError {}
