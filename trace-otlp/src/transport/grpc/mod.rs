//! gRPC: unary calls over HTTP/2 with h2, on a separate thread with its own runtime.
//!
//! The thread starts with the first request and ends with the transport. The caller waits for
//! the thread, with a deadline. The runtime needs its own thread because the caller may itself
//! be within a runtime, where it could not run another. A connection is kept between calls,
//! and answers pings while nothing is sent.
//!
//! Can call any unary method, whose path is in the request. Does not support proxies.
//!
//! Source: gRPC, *gRPC over HTTP2*.

mod answer;
mod call;
mod call_error;
mod channel;
mod status;
#[cfg(feature = "tls")]
mod tls;
mod worker;

use ::http::Uri;

use super::exchange::{ConnectOptions, Request, Response, SendError, SendFailure, Transport};
use call::Call;
use channel::Target;
use worker::{NoAnswer, Worker};

/// Sends requests to one server.
pub(crate) struct GrpcTransport {
    target: Target,
    worker: Option<Worker>,
}

impl GrpcTransport {
    /// Makes a transport for the server of a URI. Does not connect.
    pub(crate) fn new(uri: &Uri, options: &ConnectOptions) -> Self {
        Self {
            target: Target::new(uri, options),
            worker: None,
        }
    }

    fn worker(&mut self) -> Result<&mut Worker, SendError> {
        let running = self.worker.take().filter(Worker::is_running);
        let worker = match running {
            Some(worker) => worker,
            None => Worker::start(self.target.clone()).map_err(|error| {
                let detail = format!(
                    "no thread can be started: {}",
                    super::exchange::io_text(&error)
                );
                SendError::with_detail(SendFailure::NotConnected, detail)
            })?,
        };
        Ok(self.worker.insert(worker))
    }
}

impl Transport for GrpcTransport {
    fn send(&mut self, request: &Request<'_>) -> Result<Response, SendError> {
        let Some(call) = Call::new(request) else {
            // Not reached: no body is that large.
            let detail = "the body is too large for gRPC";
            return Err(SendError::with_detail(SendFailure::Broken, detail));
        };
        match self.worker()?.run(call, request.timeout) {
            Ok(answer) => answer,
            Err(NoAnswer::Panicked) => {
                self.worker = None;
                let detail = "the client panicked";
                Err(SendError::with_detail(SendFailure::Broken, detail))
            }
            Err(NoAnswer::Stuck) => {
                if let Some(worker) = self.worker.take() {
                    worker.abandon();
                }
                Err(SendError::new(SendFailure::TimedOut))
            }
        }
    }
}
