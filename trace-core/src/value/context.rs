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

    /// Returns whether the trace is recorded. If nobody has decided yet, this is `false`; see
    /// [`TraceFlags::DEFERRED`].
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

/// The flags that travel with a trace: the eight of `trace-flags`, and two of other formats.
///
/// The two are *debug*, of B3 and Jaeger, and *deferred*, which means that nobody has decided
/// yet whether the trace is recorded. They are not part of the byte on the wire: formats
/// without these two write debug as sampled, and deferred as not sampled.
///
/// Source: W3C Trace Context Level 2, *trace-flags*; B3 Propagation, *Sampling State*.
///
/// ```
/// use trace_core::TraceFlags;
///
/// assert!(TraceFlags::DEBUG.is_sampled());
/// assert_eq!(TraceFlags::DEBUG.as_byte(), TraceFlags::SAMPLED.as_byte());
///
/// // A decision ends both.
/// assert_eq!(TraceFlags::DEFERRED.with_sampled(true), TraceFlags::SAMPLED);
/// assert_eq!(TraceFlags::DEBUG.with_sampled(false), TraceFlags::NONE);
/// ```
// The low byte is the one on the wire. The two bits above it are flags because the recorder
// already passes the flags to every scope, task and outgoing header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TraceFlags(u16);

#[cfg(feature = "serde")]
transparent!(TraceFlags);

impl TraceFlags {
    /// No flags.
    pub const NONE: Self = Self(0);
    /// Bit 0: the trace is recorded.
    pub const SAMPLED: Self = Self(1);
    /// Bit 1: the low 56 bits of the trace id are random.
    pub const RANDOM: Self = Self(2);
    /// Sampled because somebody is debugging; rates and limits should not drop it.
    pub const DEBUG: Self = Self(Self::SAMPLED.0 | DEBUG_BIT);
    /// Not decided: the sampler of the service that receives it decides. Until then the trace
    /// counts as not sampled.
    pub const DEFERRED: Self = Self(DEFERRED_BIT);

    /// Makes flags from the byte on the wire.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        Self(byte as u16)
    }

    /// Returns the byte on the wire.
    #[must_use]
    pub const fn as_byte(self) -> u8 {
        let [_, byte] = self.0.to_be_bytes();
        byte
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

    /// Returns whether the trace is sampled for debugging; see [`DEBUG`](Self::DEBUG).
    #[must_use]
    pub const fn is_debug(self) -> bool {
        self.is_sampled() && self.0 & DEBUG_BIT != 0
    }

    /// Returns whether nobody has decided about the trace; see [`DEFERRED`](Self::DEFERRED).
    #[must_use]
    pub const fn is_deferred(self) -> bool {
        !self.is_sampled() && self.0 & DEFERRED_BIT != 0
    }

    /// Returns these flags with bit 0 as given. This is a decision: the flags are no longer
    /// deferred, and debug stays only if the trace is sampled.
    #[must_use]
    pub const fn with_sampled(self, sampled: bool) -> Self {
        let decided = self.0 & !DEFERRED_BIT;
        Self(match sampled {
            true => decided | 1,
            false => decided & !(1 | DEBUG_BIT),
        })
    }

    /// Returns these flags with bit 1 set or cleared.
    #[must_use]
    pub const fn with_random(self, random: bool) -> Self {
        Self(self.0 & !2 | (random as u16) << 1)
    }
}

const DEBUG_BIT: u16 = 1 << 8;
const DEFERRED_BIT: u16 = 1 << 9;
