//! The aligned columns of a span: its kind and its times.

use std::time::Duration;

use super::cell::Cell;
use super::color::Style;
use super::duration::HumanDuration;
use super::tree_options::TreeOptions;
use crate::trace::assemble::{Interval, Trace};
use crate::value::{Outcome, SpanRecord, Timestamp};

/// The times of a trace with which its spans are compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeScale {
    /// The time from which offsets are counted.
    pub(super) trace_start: Timestamp,
    /// The time that the whole bar represents. It is the root's time, or the trace's time if
    /// there is no root or if the trace takes more than a quarter longer.
    whole: Interval,
}

impl TimeScale {
    pub(super) fn from_trace(trace: &Trace) -> Self {
        let forest = trace.forest();
        let trace_start = trace.start().unwrap_or_default();
        let all = Interval {
            start: trace_start,
            end: trace.end().unwrap_or_default(),
        };
        let root = forest.tops.first().filter(|_| forest.roots > 0);
        let root = root.map(|root| trace.top_interval(*root));
        // If the trace is only a little longer, a clock may be ahead, so there may be no work
        // after the answer.
        let whole = match root {
            Some(root) if all.duration() <= root.duration() * 5 / 4 => root,
            _ => all,
        };
        Self { trace_start, whole }
    }
}

/// Returns the columns that the options ask for, in their order.
pub(super) fn columns(
    span: &SpanRecord,
    interval: Interval,
    scale: TimeScale,
    options: &TreeOptions,
) -> Vec<Cell> {
    let mut columns = Vec::new();
    if options.kinds {
        columns.push(Cell::new(span.kind.as_str(), Style::Dim));
    }
    if options.intervals {
        let start = interval.start - scale.trace_start;
        let end = interval.end - scale.trace_start;
        columns.push(Cell::right(format!("{start:?}..{end:?}"), Style::Plain));
    }
    if options.durations {
        let duration = HumanDuration(interval.duration());
        columns.push(Cell::right(duration.to_string(), Style::Plain));
    }
    if options.bar_width > 0 {
        let style = if has_failed(span) {
            Style::Bad
        } else if span.outcome == Outcome::Cancelled {
            Style::Warning
        } else {
            Style::Good
        };
        columns.push(Cell::new(
            bar(interval, scale.whole, options.bar_width),
            style,
        ));
        columns.push(Cell::right(share(interval, scale.whole), Style::Dim));
    }
    columns
}

/// Draws a bar of `width` characters that shows when a span ran within the whole time. A span
/// that is shorter than half a character becomes a thin line.
fn bar(interval: Interval, whole: Interval, width: usize) -> String {
    let total = whole.duration().as_nanos();
    // Rounds half up. Returns zero if the whole time is zero.
    let cells = |offset: Duration| {
        let cells = (offset.as_nanos() * width as u128 + total / 2).checked_div(total);
        usize::try_from(cells.unwrap_or(0)).map_or(width, |cells| cells.min(width))
    };
    let start = cells(interval.start - whole.start);
    let end = cells(interval.end - whole.start);
    let mut bar = " ".repeat(start.min(width - 1));
    if end > start {
        bar.push_str(&"█".repeat(end - start));
    } else if total == 0 {
        bar.push_str(&"█".repeat(width));
    } else {
        bar.push('▏');
    }
    bar
}

/// Returns the span's share of the whole time in percent, rounded half up; `100%` if the whole
/// time is zero.
fn share(interval: Interval, whole: Interval) -> String {
    let total = whole.duration().as_nanos();
    let percent = (interval.duration().as_nanos() * 100 + total / 2).checked_div(total);
    format!("{}%", percent.unwrap_or(100))
}

/// Returns whether the span is shown as failed.
pub(super) fn has_failed(span: &SpanRecord) -> bool {
    span.is_error() || matches!(span.outcome, Outcome::Panicked)
}
