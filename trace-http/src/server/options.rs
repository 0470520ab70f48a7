//! The options of a server's layer.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use trace_core::__private::catch;
use trace_core::propagation::{Extracted, HeaderProblem, Propagator};
use trace_core::{TraceContext, Tracer, Trust};

use super::skip::Pattern;
use crate::carrier::{self, HeaderExtractor};
use crate::exchange::Reports;
use crate::hooks::Extras;
use crate::secret_names::SecretNames;

/// See [`ServerLayer`](super::ServerLayer), whose methods set these.
#[derive(Clone)]
pub(super) struct Options {
    pub(super) source: &'static Location<'static>,
    pub(super) tracer: Option<Tracer>,
    /// Reads the headers of callers. `None` means the default propagator.
    pub(super) propagator: Option<Arc<dyn Propagator>>,
    pub(super) trust: Trust,
    pub(super) skipped: Vec<Pattern>,
    pub(super) scheme: Cow<'static, str>,
    pub(super) believes_proxies: bool,
    pub(super) records_client_address: bool,
    pub(super) records_grpc_timeout: bool,
    pub(super) secrets: SecretNames,
    pub(super) reports: Reports,
    pub(super) fails_when_dropped: bool,
    pub(super) sees_caught_panics: bool,
    pub(super) trace_id_header: Option<HeaderName>,
    pub(super) extras: Extras,
}

impl Options {
    pub(super) fn new(source: &'static Location<'static>) -> Self {
        Self {
            source,
            tracer: None,
            propagator: None,
            trust: Trust::Continue,
            skipped: Vec::new(),
            scheme: "http".into(),
            believes_proxies: false,
            records_client_address: false,
            records_grpc_timeout: false,
            secrets: SecretNames::default(),
            reports: Reports::default(),
            fails_when_dropped: true,
            sees_caught_panics: true,
            trace_id_header: None,
            extras: Extras::default(),
        }
    }

    /// Reads the context of the caller. If the propagator panics, there is none, and the
    /// headers count as bad ones.
    pub(super) fn caller(&self, headers: &HeaderMap) -> Extracted {
        match &self.propagator {
            None => carrier::extract(headers),
            Some(propagator) => {
                let extracted = catch(|| propagator.extract(&HeaderExtractor(headers)));
                extracted.unwrap_or_else(|| {
                    let mut nothing = Extracted::default();
                    let problem = HeaderProblem::new("unknown", "the propagator panicked");
                    nothing.problems.push(problem);
                    nothing
                })
            }
        }
    }

    /// Writes the id of a trace into the headers of a response, if a header is set for it.
    pub(super) fn write_trace_id(&self, headers: &mut HeaderMap, context: Option<TraceContext>) {
        if let Some(name) = &self.trace_id_header
            && let Some(context) = context
            && let Ok(id) = HeaderValue::try_from(context.trace_id.to_string())
        {
            // The map may be full.
            let _full = headers.try_insert(name.clone(), id);
        }
    }

    pub(super) fn skips(&self, path: &str) -> bool {
        self.skipped.iter().any(|pattern| pattern.matches(path))
    }

    /// Whether there are optional tags of the request. They are written after the start of the
    /// span.
    pub(super) fn says_more_of_requests(&self) -> bool {
        self.reports.size || self.extras.has_any_of_requests()
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
