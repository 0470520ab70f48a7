//! The options of a client's layer.

use std::fmt;
use std::panic::Location;

use http::{HeaderName, Response};

use super::outgoing::Outgoing;
use crate::exchange::Reports;
use crate::heads::{RequestHead, ResponseHead};
use crate::hooks::{Hook, OnRequest, OnResponse, run_hook, write_headers};

/// See [`ClientLayer`](super::ClientLayer), whose methods set these.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) source: &'static Location<'static>,
    pub(super) outgoing: Outgoing,
    pub(super) ends_at_head: bool,
    pub(super) reports: Reports,
    /// Headers that are recorded, with the keys of their tags.
    pub(super) request_headers: Vec<(HeaderName, String)>,
    pub(super) response_headers: Vec<(HeaderName, String)>,
    pub(super) on_request: Option<OnRequest>,
    pub(super) on_response: Option<OnResponse>,
}

impl Options {
    pub(crate) fn new(source: &'static Location<'static>) -> Self {
        Self {
            source,
            outgoing: Outgoing::default(),
            ends_at_head: false,
            reports: Reports::default(),
            request_headers: Vec::new(),
            response_headers: Vec::new(),
            on_request: None,
            on_response: None,
        }
    }

    /// Writes the requested tags of the request to the current span.
    pub(super) fn write_request(&self, head: &RequestHead<'_>) {
        write_headers(&self.request_headers, head.headers);
        if let Some(Hook(hook)) = &self.on_request {
            run_hook(|| hook(head));
        }
    }

    /// Writes the requested tags of the response to the current span.
    pub(super) fn write_response<B>(&self, response: &Response<B>) {
        write_headers(&self.response_headers, response.headers());
        if let Some(Hook(hook)) = &self.on_response {
            run_hook(|| hook(&ResponseHead::new(response)));
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("source", &self.source)
            .field("context_to", &self.outgoing.context)
            .field("baggage_to", &self.outgoing.baggage)
            .field("ends_at_head", &self.ends_at_head)
            .finish_non_exhaustive()
    }
}
