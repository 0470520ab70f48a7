//! Searches among traces.

use std::time::Duration;

use super::trace::Trace;
use crate::value::conventions;
use crate::value::{SpanRecord, TagValue};

/// A search for traces. The default matches every trace.
///
/// A single span must have the service, the operation and all tags, as in Jaeger's search. The
/// durations apply to the whole trace.
///
/// ```
/// use std::time::Duration;
/// use trace_core::{Query, SpanRecord, SpanId, Trace, TraceId};
///
/// let id = TraceId::new(1).unwrap();
/// let mut span = SpanRecord::new(id, SpanId::new(1).unwrap(), "charge");
/// span.add_tag("http.response.status_code", 500);
/// let trace = Trace::from_spans(id, [span])?;
///
/// let query = Query::default().operation("charge").tag("http.response.status_code", "500");
/// assert!(query.matches(&trace));
/// assert!(!query.min_duration(Duration::from_secs(1)).matches(&trace));
/// # Ok::<(), trace_core::ForeignSpanError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The service's name.
    pub service: Option<String>,
    /// The operation's name.
    pub operation: Option<String>,
    /// Keys and values. The span must have all keys, each with this value or with a value of
    /// the same text.
    ///
    /// `error` also matches the error status: `true` finds spans that have it, and `false`
    /// finds the others. `service.name` also matches the service.
    pub tags: Vec<(String, TagValue)>,
    /// The minimum duration of the trace.
    pub min_duration: Option<Duration>,
    /// The maximum duration of the trace.
    pub max_duration: Option<Duration>,
}

impl Query {
    /// Asks for a service.
    #[must_use]
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.service = Some(name.into());
        self
    }

    /// Asks for an operation.
    #[must_use]
    pub fn operation(mut self, name: impl Into<String>) -> Self {
        self.operation = Some(name.into());
        self
    }

    /// Asks for a tag; see [`tags`](Self::tags).
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<TagValue>) -> Self {
        self.tags.push((key.into(), value.into()));
        self
    }

    /// Asks for traces with at least this duration.
    #[must_use]
    pub fn min_duration(mut self, duration: Duration) -> Self {
        self.min_duration = Some(duration);
        self
    }

    /// Asks for traces with at most this duration.
    #[must_use]
    pub fn max_duration(mut self, duration: Duration) -> Self {
        self.max_duration = Some(duration);
        self
    }

    /// Returns whether the trace has everything that the query asks for.
    #[must_use]
    pub fn matches(&self, trace: &Trace) -> bool {
        let duration = trace.duration().unwrap_or_default();
        self.min_duration.is_none_or(|least| duration >= least)
            && self.max_duration.is_none_or(|most| duration <= most)
            && (self.asks_for_no_span()
                || trace
                    .by_position()
                    .iter()
                    .any(|span| self.matches_span(span)))
    }

    /// Returns whether the span has the service, operation and tags that the query asks for.
    #[must_use]
    pub fn matches_span(&self, span: &SpanRecord) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == found)
        };
        is(&self.service, &span.service_name)
            && is(&self.operation, &span.operation_name)
            && self
                .tags
                .iter()
                .all(|(key, wanted)| has_tag(span, key, wanted))
    }

    fn asks_for_no_span(&self) -> bool {
        self.service.is_none() && self.operation.is_none() && self.tags.is_empty()
    }
}

fn has_tag(span: &SpanRecord, key: &str, wanted: &TagValue) -> bool {
    if let Some(found) = span.tag(key)
        && is_same(found, wanted)
    {
        return true;
    }
    match key {
        "error" => {
            let is_error = span.is_error();
            // A span's tag `error` may contradict its status.
            (is_error || span.tag(key).is_none()) && is_same(&TagValue::Bool(is_error), wanted)
        }
        conventions::SERVICE_NAME => wanted.as_str() == Some(&span.service_name),
        _ => false,
    }
}

fn is_same(found: &TagValue, wanted: &TagValue) -> bool {
    found == wanted || found.to_string() == wanted.to_string()
}
