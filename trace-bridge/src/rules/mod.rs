//! What the bridge takes: which call sites become spans and logs, and which fields are left out.
//!
//! A rule is asked once for each call site. It knows the site's metadata and nothing of its
//! values.

mod event_span;
mod known;
mod targets;

pub use event_span::EventSpan;
pub use targets::{InvalidTargets, Targets};

use std::borrow::Cow;

use trace_core::redaction::is_secret_key;
use tracing_core::{Level, LevelFilter, Metadata};

/// The rules of a bridge.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) spans: Targets,
    pub(crate) logs: Targets,
    /// Call sites whose spans are roots where no trace runs. Nothing by default.
    pub(crate) roots: Targets,
    pub(crate) event_spans: Vec<EventSpan>,
    /// Keys that are left out, besides those of secrets.
    pub(crate) left_out: Vec<Cow<'static, str>>,
    /// Keys that are recorded although their names are those of secrets.
    pub(crate) kept: Vec<Cow<'static, str>>,
    /// Whether an event of level ERROR makes its span fail.
    pub(crate) errors_fail: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            spans: known::spans(Level::DEBUG),
            logs: known::logs(Level::INFO),
            roots: Targets::off(),
            event_spans: vec![EventSpan::sqlx()],
            left_out: Vec::new(),
            kept: Vec::new(),
            errors_fail: false,
        }
    }
}

impl Rules {
    /// Returns whether the spans of a call site are recorded.
    pub(crate) fn has_span(&self, metadata: &Metadata<'_>) -> bool {
        self.spans.has(metadata.target(), metadata.level())
    }

    /// Returns whether the events of a call site are logs.
    pub(crate) fn has_log(&self, metadata: &Metadata<'_>) -> bool {
        self.logs.has(metadata.target(), metadata.level())
    }

    /// Returns whether a span of a call site begins a trace where none runs.
    pub(crate) fn is_root(&self, metadata: &Metadata<'_>) -> bool {
        self.roots.has(metadata.target(), metadata.level())
    }

    /// Returns the rule that makes spans of the events of a call site.
    pub(crate) fn event_span(&self, metadata: &Metadata<'_>) -> Option<&EventSpan> {
        self.event_spans.iter().find(|rule| rule.is_for(metadata))
    }

    /// Returns whether the values of a field are left out.
    pub(crate) fn leaves_out(&self, key: &str) -> bool {
        let is_in = |list: &[Cow<'static, str>]| list.iter().any(|name| name.as_ref() == key);
        is_in(&self.left_out) || (is_secret_key(key) && !is_in(&self.kept))
    }

    /// The most verbose level that a rule takes.
    pub(crate) fn max_level(&self) -> LevelFilter {
        let events = self.event_spans.iter().map(|_| LevelFilter::TRACE);
        let filters = [&self.spans, &self.logs, &self.roots].map(Targets::max_level);
        filters
            .into_iter()
            .chain(events)
            .max()
            .unwrap_or(LevelFilter::OFF)
    }
}
