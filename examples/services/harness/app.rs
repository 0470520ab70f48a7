//! What the code of a service works with.
//!
//! It simulates work, knows the other services, and notes how requests reach this one. It
//! listens to nothing: `running.rs` does.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use trace_core::propagation::Extractor;
use trace_core::span;
use trace_http::HeaderExtractor;

use super::calls::Callees;
use super::fate::{Fate, Fates};
use super::message::Received;
use crate::layers::request_id;
use crate::service::Service;

/// A service, as its handlers see it.
pub struct App {
    pub callees: Callees,
    fates: Fates,
    received: Mutex<Vec<Received>>,
}

impl App {
    pub fn new(fates: Fates, callees: HashMap<Service, SocketAddr>) -> Self {
        Self {
            callees: Callees::new(callees),
            fates,
            received: Mutex::default(),
        }
    }

    /// What happens to the request that is being handled.
    pub fn fate(&self) -> Fate {
        self.fates.of(request_id())
    }

    /// Does some work: waits, so many milliseconds on average.
    pub async fn work(&self, what: &str, millis: f64) {
        let time = self.fates.work_time(request_id(), what, millis);
        tokio::time::sleep(time).await;
    }

    /// Returns the requests that came so far, and forgets them.
    pub fn take_received(&self) -> Vec<Received> {
        std::mem::take(&mut self.received.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Notes for the checks at the end, within the trace of a request, how it reached the
/// service.
pub async fn note_request(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if let Some(context) = span::current_context() {
        let headers = HeaderExtractor(request.headers());
        let mut received = app.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.push(Received {
            request: request_id(),
            trace_id: context.trace_id,
            is_sampled: context.is_sampled(),
            traceparent: headers.get("traceparent").map(str::to_owned),
        });
    }
    next.run(request).await
}
