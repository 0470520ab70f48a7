//! Summaries of many traces, as a table.

use std::fmt;

use super::duration::HumanDuration;
use super::summary::{Name, SpanTime, Summary};
use super::text::{padding, width_of};

/// Displays summaries as a table: a line of headings, then one line for each trace. Every line
/// ends with a line break.
///
/// ```
/// use trace_core::{SpanId, SpanRecord, Summary, SummaryTable, Timestamp, Trace, TraceId};
///
/// let id = TraceId::new(0xfeed).unwrap();
/// let mut span = SpanRecord::new(id, SpanId::new(1).unwrap(), "checkout");
/// span.service_name = "shop".into();
/// span.end = Timestamp::from_unix_nanos(30_000_000);
/// let summaries = [Summary::from_trace(&Trace::from_spans(id, [span])?)];
/// let table = SummaryTable(&summaries).to_string();
/// assert!(table.contains("checkout (shop)   30.0 ms      1"), "{table}");
/// # Ok::<(), trace_core::ForeignSpanError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SummaryTable<'a>(pub &'a [Summary]);

const HEADINGS: [&str; 7] = [
    "trace",
    "root",
    "duration",
    "spans",
    "errors",
    "slowest span",
    "largest self time",
];

/// Whether each column is right-aligned, as columns of numbers are.
const RIGHT_ALIGNED: [bool; 7] = [false, false, true, true, true, false, false];

impl fmt::Display for SummaryTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headings = HEADINGS.map(str::to_owned);
        let rows: Vec<[String; 7]> = std::iter::once(headings)
            .chain(self.0.iter().map(row))
            .collect();
        let mut widths = [0; 7];
        for row in &rows {
            for (width, text) in widths.iter_mut().zip(row) {
                *width = (*width).max(width_of(text));
            }
        }
        for row in &rows {
            let mut line = String::new();
            for ((text, width), is_right) in row.iter().zip(widths).zip(RIGHT_ALIGNED) {
                let padding = padding(text, width);
                let (before, after) = if is_right {
                    (padding.as_str(), "")
                } else {
                    ("", padding.as_str())
                };
                for part in [before, text, after, "  "] {
                    line.push_str(part);
                }
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

fn row(summary: &Summary) -> [String; 7] {
    let time = |time: &Option<SpanTime>| time.as_ref().map(ToString::to_string);
    [
        summary.trace_id.to_string(),
        Name(&summary.operation_name, &summary.service_name).to_string(),
        HumanDuration(summary.duration).to_string(),
        summary.spans.to_string(),
        summary.errors.to_string(),
        time(&summary.slowest).unwrap_or_default(),
        time(&summary.largest_self_time).unwrap_or_default(),
    ]
}
