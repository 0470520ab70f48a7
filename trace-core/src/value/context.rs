//! The context that travels from span to span and from service to service.
//!
//! A plain value. [`propagation`](crate::propagation) writes it to headers; `record` knows the
//! current one.

use std::fmt;

use super::baggage::Baggage;
use super::id::{SpanId, TraceId};
#[cfg(feature = "serde")]
use super::serialized::{fields, transparent};
use super::tracestate::TraceState;

/// The data that travels with a trace: ids, the sampling decision, entries of other tracing
/// systems, and baggage.
///
/// An invalid context cannot be built. OpenTelemetry calls this type *span context* and keeps
/// the baggage separately.
///
/// ```
/// use trace_core::{SpanId, TraceContext, TraceId};
///
/// let context = TraceContext::new(TraceId::new(1).unwrap(), SpanId::new(2).unwrap());
/// assert!(context.is_sampled());
/// ```
#[doc(alias = "SpanContext")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace.
    pub trace_id: TraceId,
    /// The current span, which is the parent of the next one.
    pub span_id: SpanId,
    /// The parent of the current span, if it is known.
    pub parent_span_id: Option<SpanId>,
    /// Whether the trace is sampled, and whether its id is random.
    pub flags: TraceFlags,
    /// Entries of other tracing systems. This crate passes them on.
    pub tracestate: TraceState,
    /// Key-value pairs for every service in the trace.
    pub baggage: Baggage,
    /// Whether the context came from another process.
    pub is_remote: bool,
}

#[cfg(feature = "serde")]
fields!(TraceContext {
    trace_id,
    span_id,
    parent_span_id = default,
    flags = default,
    tracestate = default,
    baggage = default,
    is_remote = default,
});

impl TraceContext {
    /// Makes a sampled context without a parent, a tracestate or baggage.
    #[must_use]
    pub fn new(trace_id: TraceId, span_id: SpanId) -> Self {
        Self {
            trace_id,
            span_id,
            parent_span_id: None,
            flags: TraceFlags::SAMPLED,
            tracestate: TraceState::default(),
            baggage: Baggage::default(),
            is_remote: false,
        }
    }

    /// Returns whether the trace is recorded.
    #[must_use]
    pub const fn is_sampled(&self) -> bool {
        self.flags.is_sampled()
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "TraceContext(trace={}, span={})",
            self.trace_id, self.span_id
        )
    }
}

/// The eight flags that travel with a trace.
///
/// Source: W3C Trace Context Level 2, *trace-flags*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TraceFlags(u8);

#[cfg(feature = "serde")]
transparent!(TraceFlags);

impl TraceFlags {
    /// No flags.
    pub const NONE: Self = Self(0);
    /// Bit 0: the trace is recorded.
    pub const SAMPLED: Self = Self(1);
    /// Bit 1: the low 56 bits of the trace id are random.
    pub const RANDOM: Self = Self(2);

    /// Makes flags from the byte on the wire.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        Self(byte)
    }

    /// Returns the byte on the wire.
    #[must_use]
    pub const fn as_byte(self) -> u8 {
        self.0
    }

    /// Returns whether bit 0 is set.
    #[must_use]
    pub const fn is_sampled(self) -> bool {
        self.0 & 1 != 0
    }

    /// Returns whether bit 1 is set.
    #[must_use]
    pub const fn is_random(self) -> bool {
        self.0 & 2 != 0
    }

    /// Returns these flags with bit 0 set or cleared.
    #[must_use]
    pub const fn with_sampled(self, sampled: bool) -> Self {
        Self(self.0 & !1 | sampled as u8)
    }

    /// Returns these flags with bit 1 set or cleared.
    #[must_use]
    pub const fn with_random(self, random: bool) -> Self {
        Self(self.0 & !2 | (random as u8) << 1)
    }
}
