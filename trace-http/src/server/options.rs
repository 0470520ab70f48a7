//! What a server's layer can be told.

use std::borrow::Cow;
use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;

use http::{HeaderName, Response};
use trace_core::{Tracer, Trust, span};

use super::heads::{RequestHead, ResponseHead};
use super::skip::Pattern;
use crate::exchange::Reports;

/// See [`ServerLayer`](super::ServerLayer), whose methods set these.
#[derive(Clone)]
pub(super) struct Options {
    pub(super) source: &'static Location<'static>,
    pub(super) tracer: Option<Tracer>,
    pub(super) trust: Trust,
    pub(super) skipped: Vec<Pattern>,
    pub(super) scheme: Cow<'static, str>,
    pub(super) believes_proxies: bool,
    pub(super) records_client_address: bool,
    pub(super) records_grpc_timeout: bool,
    pub(super) reports: Reports,
    pub(super) fails_when_dropped: bool,
    pub(super) sees_caught_panics: bool,
    pub(super) trace_id_header: Option<HeaderName>,
    /// Headers that are recorded, with the keys of their tags.
    pub(super) request_headers: Vec<(HeaderName, String)>,
    pub(super) response_headers: Vec<(HeaderName, String)>,
    pub(super) on_request: Option<Hook<dyn Fn(&RequestHead<'_>) + Send + Sync>>,
    pub(super) on_response: Option<Hook<dyn Fn(&ResponseHead<'_>) + Send + Sync>>,
}

/// Code of the application.
pub(super) struct Hook<F: ?Sized>(pub(super) Arc<F>);

impl<F: ?Sized> Clone for Hook<F> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl Options {
    pub(super) fn new(source: &'static Location<'static>) -> Self {
        Self {
            source,
            tracer: None,
            trust: Trust::Continue,
            skipped: Vec::new(),
            scheme: "http".into(),
            believes_proxies: false,
            records_client_address: false,
            records_grpc_timeout: false,
            reports: Reports::default(),
            fails_when_dropped: true,
            sees_caught_panics: true,
            trace_id_header: None,
            request_headers: Vec::new(),
            response_headers: Vec::new(),
            on_request: None,
            on_response: None,
        }
    }

    pub(super) fn skips(&self, path: &str) -> bool {
        self.skipped.iter().any(|pattern| pattern.matches(path))
    }

    /// Whether something is to be said of a request beside the tags with which it begins.
    pub(super) fn says_more_of_requests(&self) -> bool {
        self.reports.size || !self.request_headers.is_empty() || self.on_request.is_some()
    }

    /// Says of the current span what is asked for.
    pub(super) fn write_response<B>(&self, response: &Response<B>) {
        write_headers(&self.response_headers, response.headers());
        if let Some(Hook(hook)) = &self.on_response {
            run_hook(|| hook(&ResponseHead::new(response)));
        }
    }
}

/// Runs code of the application that is only there to record something: if it panics, the
/// request goes on.
pub(super) fn run_hook(hook: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(hook)) {
        // Not dropped: its destructor may panic once more.
        std::mem::forget(payload);
    }
}

/// Writes headers as tags of the current span: all their lines, as far as they are text.
pub(super) fn write_headers(keys: &[(HeaderName, String)], headers: &http::HeaderMap) {
    for (name, key) in keys {
        let lines = headers.get_all(name).iter();
        let lines: Vec<Cow<'_, str>> = lines
            .map(|line| String::from_utf8_lossy(line.as_bytes()))
            .collect();
        let lines: Vec<&str> = lines.iter().map(|line| &**line).collect();
        if !lines.is_empty() {
            span::add_tag(key, &lines[..]);
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("source", &self.source)
            .field("trust", &self.trust)
            .field("skipped", &self.skipped)
            .finish_non_exhaustive()
    }
}
