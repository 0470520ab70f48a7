//! The differences between the two ends of an exchange.

use trace_core::conventions::ERROR_TYPE;
use trace_core::{Status, span};

use crate::conventions::CANCELLED;
use crate::grpc::Code;

/// An end of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The end that answers requests.
    Server {
        /// Whether a request that is dropped before its end is an error.
        fails_when_dropped: bool,
    },
    /// The end that sends requests.
    Client,
}

impl Side {
    /// Whether a response with this status is an error.
    ///
    /// Statuses from 600 on are invalid, and HTTP says to treat them as those from 500 on.
    ///
    /// Source: OpenTelemetry semantic conventions 1.44, *HTTP spans*, *Status*; HTTP Semantics
    /// (RFC 9110), *Status Codes*.
    pub(crate) fn is_error(self, status: http::StatusCode) -> bool {
        match self {
            Self::Server { .. } => status.as_u16() >= 500,
            Self::Client => status.as_u16() >= 400,
        }
    }

    /// Whether a gRPC call with this status is an error.
    ///
    /// Source: OpenTelemetry semantic conventions 1.44, *gRPC*, *Status*.
    pub(crate) fn is_grpc_error(self, code: Code) -> bool {
        match self {
            Self::Server { .. } => matches!(
                code,
                Code::Unknown
                    | Code::DeadlineExceeded
                    | Code::Unimplemented
                    | Code::Internal
                    | Code::Unavailable
                    | Code::DataLoss
            ),
            Self::Client => code != Code::Ok,
        }
    }

    /// Marks the current span as dropped before its end. Its outcome already says that it is
    /// cancelled.
    ///
    /// A client drops a request on purpose. At a server, a drop usually means that the client
    /// closed the connection. In gRPC, this is the status `CANCELLED`, which is not an error
    /// of a server.
    pub(crate) fn write_dropped(self, is_grpc: bool) {
        let Self::Server { fails_when_dropped } = self else {
            return;
        };
        if is_grpc {
            Code::Cancelled.write();
        } else if fails_when_dropped {
            span::add_tag(ERROR_TYPE, CANCELLED);
            set_error();
        }
    }
}

/// Marks the current span as failed, without a description, because the status code is enough.
pub(crate) fn set_error() {
    span::set_status(Status::Error("".into()));
}
