//! A finished span as a plain value, and the small types in it.
//!
//! A running span is not a record: its data is in the entries of a stream until it ends.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::context::{TraceContext, TraceFlags};
use super::conventions;
use super::id::{SpanId, TraceId};
#[cfg(feature = "serde")]
use super::serialized::{fields, variants};
use super::span_kind::SpanKind;
use super::tag::{Tag, TagValue};
use super::timestamp::Timestamp;
use super::tracestate::TraceState;

/// A finished span: one unit of work of one service.
///
/// It is a plain value with public fields. To change the running span, use the functions of
/// [`span`](crate::span). OpenTelemetry calls both a *span*.
///
/// ```
/// use trace_core::{SpanId, SpanRecord, TraceId};
///
/// let (trace, id) = (TraceId::new(1).unwrap(), SpanId::new(2).unwrap());
/// let mut span = SpanRecord::new(trace, id, "charge");
/// span.add_tag("order.id", 42);
/// assert_eq!(span.tag("order.id").unwrap().as_i64(), Some(42));
/// ```
#[doc(alias = "Span")]
#[doc(alias = "SpanData")]
#[derive(Clone, Debug, PartialEq)]
pub struct SpanRecord {
    /// The trace of the span.
    pub trace_id: TraceId,
    /// The id of this span.
    pub span_id: SpanId,
    /// The span that caused this one; `None` for the root of a trace.
    pub parent_span_id: Option<SpanId>,
    /// Whether the parent ran in another process.
    pub parent_is_remote: bool,
    /// Whether [`span::inject`](crate::span::inject) put the span's context into the headers of
    /// a request. If so, a span of another process is expected below it.
    pub context_sent: bool,
    /// The flags of the trace, as sent to other services.
    pub flags: TraceFlags,
    /// Entries of other tracing systems, as sent to other services.
    pub tracestate: TraceState,
    /// The name of the work. Use few different names: `get_account`, not `get_account/42`.
    pub operation_name: Cow<'static, str>,
    /// The service that did the work.
    pub service_name: Arc<str>,
    /// The role of the span in a call.
    pub kind: SpanKind,
    /// The time of the first poll or of the call. Zero if the span came from another system
    /// that did not set it.
    pub start: Timestamp,
    /// The time at which the body was ready, panicked or was dropped. In a span of this crate,
    /// it is never before `start`. In a span from another system, it may be, or it is zero if
    /// that system did not set it.
    pub end: Timestamp,
    /// Typed values. A later value with the same key has replaced the earlier one.
    pub tags: Vec<Tag>,
    /// Entries with their own time, in the order in which they were written.
    pub logs: Vec<Log>,
    /// Related spans of other traces.
    pub links: Vec<Link>,
    /// Whether the work failed.
    pub status: Status,
    /// How the body ended.
    pub outcome: Outcome,
    /// Where the span was opened in the source.
    pub source: Option<Source>,
    /// How many items the limits removed.
    pub dropped: DroppedItems,
}

#[cfg(feature = "serde")]
fields!(SpanRecord {
    trace_id,
    span_id,
    parent_span_id = default,
    parent_is_remote = default,
    context_sent = default,
    flags = default,
    tracestate = default,
    operation_name,
    service_name,
    kind = default,
    start,
    end,
    tags = default,
    logs = default,
    links = default,
    status = default,
    outcome = default,
    source = default,
    dropped = default,
});

impl SpanRecord {
    /// Makes an internal span of the service `unknown_service`, at time zero and without tags.
    pub fn new(
        trace_id: TraceId,
        span_id: SpanId,
        operation_name: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            trace_id,
            span_id,
            parent_span_id: None,
            parent_is_remote: false,
            context_sent: false,
            flags: TraceFlags::SAMPLED,
            tracestate: TraceState::default(),
            operation_name: operation_name.into(),
            service_name: conventions::UNKNOWN_SERVICE.into(),
            kind: SpanKind::default(),
            start: Timestamp::default(),
            end: Timestamp::default(),
            tags: Vec::new(),
            logs: Vec::new(),
            links: Vec::new(),
            status: Status::default(),
            outcome: Outcome::default(),
            source: None,
            dropped: DroppedItems::default(),
        }
    }

    /// Returns the time from `start` to `end`. If one of them is unknown,
    /// [`Trace::times_of`](crate::Trace::times_of) estimates the times.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.end - self.start
    }

    /// Returns the value of a tag.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<&TagValue> {
        self.tags
            .iter()
            .find(|tag| tag.key == key)
            .map(|tag| &tag.value)
    }

    /// Sets a tag. Replaces the value of a tag with the same key.
    pub fn add_tag(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<TagValue>) {
        let tag = Tag::new(key, value);
        match self.tags.iter_mut().find(|old| old.key == tag.key) {
            Some(old) => old.value = tag.value,
            None => self.tags.push(tag),
        }
    }

    /// Returns the parent; `None` for a span that names itself as its parent.
    pub(crate) fn other_parent(&self) -> Option<SpanId> {
        self.parent_span_id.filter(|parent| *parent != self.span_id)
    }

    /// Returns whether the work failed, that is, whether the status is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        matches!(self.status, Status::Error(_))
    }
}

/// An entry of a span, with its own time and fields.
///
/// OpenTelemetry calls it an *event*.
#[doc(alias = "Event")]
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// The time at which it was written.
    pub time: Timestamp,
    /// What happened, for example `cache miss`.
    pub message: Cow<'static, str>,
    /// Typed values.
    pub fields: Vec<Tag>,
}

#[cfg(feature = "serde")]
fields!(Log {
    time,
    message,
    fields = default,
});

/// Points to a span of another trace. OpenTelemetry uses the same name.
///
/// ```
/// use trace_core::{Link, SpanId, Tag, TraceContext, TraceId};
///
/// let cause = TraceContext::new(TraceId::new(1).unwrap(), SpanId::new(2).unwrap());
/// let link = Link {
///     tags: vec![Tag::new("messaging.operation.type", "process")],
///     ..Link::from(&cause)
/// };
/// assert_eq!(link.span_id, cause.span_id);
/// ```
#[doc(alias = "SpanLink")]
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The other trace.
    pub trace_id: TraceId,
    /// The span in it.
    pub span_id: SpanId,
    /// The flags of the other trace.
    pub flags: TraceFlags,
    /// The `tracestate` of the other trace.
    pub tracestate: TraceState,
    /// Typed values that describe the relation.
    pub tags: Vec<Tag>,
}

#[cfg(feature = "serde")]
fields!(Link {
    trace_id,
    span_id,
    flags = default,
    tracestate = default,
    tags = default,
});

/// Whether the work failed. Combines OpenTelemetry's *status code* and *description*.
///
/// Success leaves the status unset. A text converts into an error, because no other status has
/// a message. Source: OpenTelemetry trace API, *Set Status*.
///
/// ```
/// use trace_core::Status;
///
/// assert_eq!(Status::from("declined"), Status::Error("declined".into()));
/// ```
#[doc(alias = "StatusCode")]
#[doc(alias = "SpanStatus")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// The code set no status: no failure is known.
    #[default]
    Unset,
    /// The code set the status to success, even if spans below this one failed.
    Ok,
    /// The work failed, with this message.
    Error(Cow<'static, str>),
}

#[cfg(feature = "serde")]
variants!(Status {
    Unset = "unset",
    Ok = "ok",
    Error(message) = "error",
});

impl From<&Status> for Status {
    fn from(status: &Self) -> Self {
        status.clone()
    }
}

macro_rules! error_status_from {
    ($($text:ty => $make:expr;)*) => {$(
        /// An error with this message.
        impl From<$text> for Status {
            fn from(message: $text) -> Self {
                let make: fn($text) -> Cow<'static, str> = $make;
                Self::Error(make(message))
            }
        }
    )*};
}

error_status_from! {
    &'static str => Cow::Borrowed;
    Cow<'static, str> => |message| message;
    String => Cow::Owned;
    &String => |message| Cow::Owned(message.clone());
    Box<str> => |message| Cow::Owned(message.into());
    Arc<str> => |message| Cow::Owned(message.as_ref().to_owned());
}

/// How the body of a span ended. OpenTelemetry has no such term.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The body returned, and the result is not an error.
    #[default]
    Ok,
    /// The body returned an error.
    Error,
    /// The body panicked.
    Panicked,
    /// The body was dropped before it was ready.
    Cancelled,
}

#[cfg(feature = "serde")]
variants!(Outcome {
    Ok = "ok",
    Error = "error",
    Panicked = "panicked",
    Cancelled = "cancelled",
});

/// A place in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file, as the compiler names it.
    pub file: Cow<'static, str>,
    /// The line, counted from 1.
    pub line: u32,
}

#[cfg(feature = "serde")]
fields!(Source { file, line });

/// Counts the items of a span that its limits removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DroppedItems {
    /// Tags above the limit.
    pub tags: u32,
    /// Logs above the limit.
    pub logs: u32,
    /// Links above the limit.
    pub links: u32,
}

#[cfg(feature = "serde")]
fields!(DroppedItems { tags, logs, links });

impl Outcome {
    /// Returns the outcome of a body that returned.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn from_body(has_failed: bool) -> Self {
        if has_failed { Self::Error } else { Self::Ok }
    }
}

impl From<&TraceContext> for Link {
    fn from(context: &TraceContext) -> Self {
        Self {
            trace_id: context.trace_id,
            span_id: context.span_id,
            flags: context.flags,
            tracestate: context.tracestate.clone(),
            tags: Vec::new(),
        }
    }
}

impl From<TraceContext> for Link {
    fn from(context: TraceContext) -> Self {
        Self::from(&context)
    }
}
