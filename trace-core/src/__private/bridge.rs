//! What a bridge from another library needs: spans of its own places in the source, the current
//! span in a handle, and ends in the past.

use crate::diagnostics;
use crate::record;
use crate::span::builder;
use crate::span::open_span::OpenSpan;
use crate::stream::Site;
use crate::value::{Outcome, TraceId};

pub use crate::span::captured::{CapturedSpan, EnteredCapture};

/// Starts a span of a site below the current one. Without a trace it does nothing, and that is
/// not reported, as a library does not know whether a trace runs.
#[inline]
pub fn start_site(site: &'static Site) -> OpenSpan {
    builder::start_site(site)
}

/// What runs on a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// No trace.
    Outside,
    /// A trace that is not sampled.
    Unsampled(TraceId),
    /// A recorded span, by its id; zero if the trace has no current span here.
    Recorded(u64),
}

/// Returns what runs on this thread.
#[inline]
#[must_use]
pub fn position() -> Position {
    match record::recorded_position() {
        Some(span) => Position::Recorded(span),
        None => record::current_trace_id().map_or(Position::Outside, Position::Unsampled),
    }
}

/// Says, once for each text, what the bridge cannot do or has left out.
pub fn tell(message: &str) {
    diagnostics::tell_bridge(message);
}

/// Reads the clock of a span's tracer; zero if the span is not recorded.
#[inline]
#[must_use]
pub fn read_clock(span: &OpenSpan) -> u64 {
    span.read_clock()
}

/// Ends a span at an earlier [reading](read_clock) of its clock.
pub fn end_at_reading(span: &OpenSpan, outcome: Outcome, reading: u64) {
    span.end_at_reading(outcome, reading);
}
