//! Writes traces in Chrome's trace event format, which Perfetto and `chrome://tracing`
//! display.
//!
//! `tracks.rs` decides where each span is drawn, `events.rs` writes the events, and
//! `collector.rs` writes the file while the program runs.
//!
//! Source: *Trace Event Format* (Chromium), JSON array format.

mod collector;
mod events;
mod tracks;

use std::borrow::Borrow;

use trace_core::Trace;

pub use collector::ChromeTraceCollector;
use events::Events;

/// Writes traces in Chrome's trace event format.
///
/// [`ChromeTraceCollector`] writes the same to a file while the program runs. Its docs
/// describe what the viewer shows.
///
/// ```
/// use trace_core::{SpanId, SpanRecord, Trace, TraceId};
///
/// let span = SpanRecord::new(TraceId::new(1).unwrap(), SpanId::new(2).unwrap(), "charge");
/// let json = trace_otlp::to_chrome_trace(Trace::group([span]));
/// assert!(json.contains(r#""name":"charge""#));
/// ```
#[must_use]
pub fn to_chrome_trace(traces: impl IntoIterator<Item: Borrow<Trace>>) -> String {
    let mut events = Events::default();
    let mut json = events::BEGIN.to_vec();
    for trace in traces {
        events.write(trace.borrow(), &mut json);
    }
    json.extend_from_slice(events::END);
    // `serde_json` writes UTF-8.
    String::from_utf8(json).unwrap_or_default()
}
