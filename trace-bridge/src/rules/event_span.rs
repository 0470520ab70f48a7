//! Spans that are made of an event, which carries how long something took.
//!
//! Some libraries have no span and say at its end that a call took 3 ms. That is all a span needs.

use std::borrow::Cow;

use trace_core::SpanKind;
use tracing_core::Metadata;

use super::targets::is_within;

/// A rule by which an event becomes a span that ended with it.
///
/// The rule for `sqlx` is there by default: its queries are client spans, named by their
/// summary.
///
/// ```
/// use trace_bridge::{Bridge, EventSpan};
/// use trace_core::SpanKind;
///
/// let rule = EventSpan::new("my_cache::get", "elapsed_secs")
///     .kind(SpanKind::Client)
///     .name_field("operation")
///     .tag("db.system.name", "redis")
///     .rename("key_count", "db.response.returned_rows");
/// let bridge = Bridge::new().event_span(rule);
/// ```
#[derive(Clone, Debug)]
pub struct EventSpan {
    target: Cow<'static, str>,
    /// The field with the duration in seconds.
    pub(crate) seconds: Cow<'static, str>,
    pub(crate) kind: SpanKind,
    /// The field that has the span's name. Without it, or if it is empty, the span has the name
    /// of the target.
    pub(crate) name: Option<Cow<'static, str>>,
    pub(crate) tags: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    /// Fields under other names. An empty name leaves the field out.
    pub(crate) renamed: Vec<(Cow<'static, str>, Cow<'static, str>)>,
}

impl EventSpan {
    /// Makes spans of the events of a target that have a field with a number of seconds.
    pub fn new(
        target: impl Into<Cow<'static, str>>,
        seconds: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            target: target.into(),
            seconds: seconds.into(),
            kind: SpanKind::Internal,
            name: None,
            tags: Vec::new(),
            renamed: Vec::new(),
        }
    }

    /// The rule for sqlx 0.6 to 0.9.
    pub(super) fn sqlx() -> Self {
        Self::new("sqlx::query", "elapsed_secs")
            .kind(SpanKind::Client)
            .name_field("summary")
            .rename("summary", "db.query.summary")
            .rename("db.statement", "db.query.text")
            .rename("rows_returned", "db.response.returned_rows")
            .rename("elapsed", "")
    }

    /// Sets the kind of the spans. Default: [`SpanKind::Internal`].
    #[must_use]
    pub fn kind(mut self, kind: SpanKind) -> Self {
        self.kind = kind;
        self
    }

    /// Names the spans by a text field of the event. Its values should be few.
    #[must_use]
    pub fn name_field(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.name = Some(field.into());
        self
    }

    /// Adds a tag to each span.
    #[must_use]
    pub fn tag(
        mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.tags.push((key.into(), value.into()));
        self
    }

    /// Records a field under another name. An empty name leaves the field out.
    #[must_use]
    pub fn rename(
        mut self,
        field: impl Into<Cow<'static, str>>,
        key: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.renamed.push((field.into(), key.into()));
        self
    }

    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    /// Returns whether the rule is for the events of a call site.
    pub(crate) fn is_for(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
            && is_within(metadata.target(), &self.target)
            && metadata.fields().field(self.seconds.as_ref()).is_some()
    }

    /// Returns under which key a field is recorded; `None` if it is left out.
    pub(crate) fn key<'a>(&'a self, field: &'a str) -> Option<&'a str> {
        if field == self.seconds {
            return None;
        }
        let renamed = self.renamed.iter().find(|(from, _)| from == field);
        let key = renamed.map_or(field, |(_, to)| to);
        Some(key).filter(|key| !key.is_empty())
    }
}
