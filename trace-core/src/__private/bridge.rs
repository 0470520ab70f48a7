//! What a bridge from another library needs: spans of its own places in the source, the current
//! span in a handle, and ends in the past.

use crate::diagnostics;
use crate::record::{self, write};
use crate::root;
use crate::span::builder;
use crate::span::open_span::OpenSpan;
use crate::stream::Site;
use crate::value::{Outcome, TagInput, Timestamp, TraceContext, TraceId};

pub use crate::span::captured::{CapturedSpan, EnteredCapture};

/// Starts a span of a site below the current one. Without a trace it does nothing, and that is
/// not reported, as a library does not know whether a trace runs.
#[inline]
pub fn start_site(site: &'static Site) -> OpenSpan {
    builder::start_site(site)
}

/// Starts a root of a site, through the sampler: below a span of another process, or in a new
/// trace.
pub fn start_site_root(site: &'static Site, parent: Option<TraceContext>) -> OpenSpan {
    root::start_site_root(site, parent)
}

/// Starts a span of a site below the current one, at a time in the past.
pub fn start_site_at(site: &'static Site, started_at: Timestamp) -> OpenSpan {
    builder::start_site_at(site, started_at)
}

/// Adds a log to the current span. Returns false if it may not be written to here, as in a
/// spawned task, or if there is none. The values are plain: not of the application's types.
pub fn add_log<'a, 'b>(
    message: &str,
    fields: impl Iterator<Item = (&'a str, TagInput<'b>)>,
) -> bool {
    let span = write::own_span();
    if let Some(span) = span {
        write::log_of_plain(span, message, fields);
    }
    span.is_some()
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
