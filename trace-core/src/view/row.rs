//! The lines of one span in a tree.

use std::time::Duration;

use super::color::Style;
use super::duration::HumanDuration;
use super::text::escaped;
use super::tree_options::TreeOptions;
use crate::assemble::Trace;
use crate::span_record::{Outcome, SpanRecord, Status};
use crate::tag::Tag;
use crate::timestamp::Timestamp;

/// A piece of a line.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) style: Style,
    pub(super) is_right_aligned: bool,
}

/// The lines of one span.
#[derive(Debug)]
pub(super) struct Row {
    /// Tree glyphs, then operation, then service: one column.
    pub(super) glyphs: String,
    pub(super) operation: Cell,
    pub(super) service: Option<Cell>,
    /// As many as the options say, for every span of a tree.
    pub(super) columns: Vec<Cell>,
    /// Not aligned.
    pub(super) notes: Vec<Cell>,
    /// Glyphs in front of `details`.
    pub(super) detail_glyphs: String,
    pub(super) details: Vec<Cell>,
}

/// What the spans of a trace are compared with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// What offsets count from.
    pub(super) trace_start: Timestamp,
    /// The root's start, or the trace's without a root.
    pub(super) start: Timestamp,
    /// The root's duration, or the trace's without a root.
    pub(super) duration: Duration,
}

impl Row {
    pub(super) fn new(
        trace: &Trace,
        span: &SpanRecord,
        frame: Frame,
        options: &TreeOptions,
    ) -> Self {
        let name = escaped(&span.operation_name, options.max_text);
        let service = options.services.then(|| {
            let service = escaped(&span.service_name, options.max_text);
            Cell::new(format!("({service})"), Style::Service)
        });
        let style = if has_failed(span) {
            Style::Bad
        } else {
            Style::Plain
        };
        Self {
            glyphs: String::new(),
            operation: Cell::new(name, style),
            service,
            columns: columns(span, frame, options),
            notes: notes(trace, span, options),
            detail_glyphs: String::new(),
            details: details(span, frame, options),
        }
    }
}

impl Cell {
    pub(super) fn new(text: impl Into<String>, style: Style) -> Self {
        Self {
            text: text.into(),
            style,
            is_right_aligned: false,
        }
    }

    fn right(text: impl Into<String>, style: Style) -> Self {
        Self {
            is_right_aligned: true,
            ..Self::new(text, style)
        }
    }
}

impl Frame {
    pub(super) fn of(trace: &Trace) -> Self {
        let trace_start = trace.start().unwrap_or_default();
        let (start, duration) = match trace.root() {
            Some(root) => (root.start, root.duration()),
            None => (trace_start, trace.duration().unwrap_or_default()),
        };
        Self {
            trace_start,
            start,
            duration,
        }
    }
}

fn columns(span: &SpanRecord, frame: Frame, options: &TreeOptions) -> Vec<Cell> {
    let mut columns = Vec::new();
    if options.kinds {
        columns.push(Cell::new(span.kind.as_str(), Style::Dim));
    }
    if options.intervals {
        let start = span.start - frame.trace_start;
        let end = span.end - frame.trace_start;
        columns.push(Cell::right(format!("{start:?}..{end:?}"), Style::Plain));
    }
    if options.durations {
        let duration = HumanDuration(span.duration());
        columns.push(Cell::right(duration.to_string(), Style::Plain));
    }
    if options.bar_width > 0 {
        let style = if has_failed(span) {
            Style::Bad
        } else {
            Style::Good
        };
        columns.push(Cell::new(bar(span, frame, options.bar_width), style));
        columns.push(Cell::right(share(span, frame), Style::Dim));
    }
    columns
}

/// Draws when the span ran within the frame; a thin line where it is shorter than
/// half a character.
fn bar(span: &SpanRecord, frame: Frame, width: usize) -> String {
    let total = frame.duration.as_nanos();
    let cells = |offset: Duration| {
        let cells = (offset.as_nanos() * width as u128 + total / 2).checked_div(total);
        usize::try_from(cells.unwrap_or(0)).map_or(width, |cells| cells.min(width))
    };
    let start = cells(span.start - frame.start);
    let end = cells(span.end - frame.start);
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

/// Returns the span's part of the frame in percent, rounded half up.
fn share(span: &SpanRecord, frame: Frame) -> String {
    let total = frame.duration.as_nanos();
    let percent = (span.duration().as_nanos() * 100 + total / 2).checked_div(total);
    format!("{}%", percent.unwrap_or(100))
}

fn has_failed(span: &SpanRecord) -> bool {
    span.is_error() || matches!(span.outcome, Outcome::Panicked)
}

fn notes(trace: &Trace, span: &SpanRecord, options: &TreeOptions) -> Vec<Cell> {
    let inline_tags = options.inline_tags.iter().filter_map(|key| {
        let tag = span.tags.iter().find(|tag| tag.key == *key)?;
        Some(Cell::new(tag_text(tag, "=", options), Style::Dim))
    });
    let mut notes: Vec<Cell> = inline_tags.collect();
    let outcome = outcome(span, options);
    let is_ok = outcome.is_none();
    notes.extend(outcome);
    if is_ok && options.check_marks {
        notes.push(Cell::new("✓", Style::Good));
    }
    notes.extend(place(trace, span).map(|text| Cell::new(text, Style::Warning)));
    match span.links.len() {
        0 => {}
        1 => notes.push(Cell::new("1 link", Style::Dim)),
        links => notes.push(Cell::new(format!("{links} links"), Style::Dim)),
    }
    if let (true, Some(source)) = (options.sources, &span.source) {
        let file = escaped(&source.file, options.max_text);
        notes.push(Cell::new(format!("{file}:{}", source.line), Style::Dim));
    }
    notes
}

/// Returns what went wrong.
fn outcome(span: &SpanRecord, options: &TreeOptions) -> Option<Cell> {
    let (what, style) = match (span.outcome, &span.status) {
        (Outcome::Panicked, _) => ("panicked", Style::Bad),
        (Outcome::Cancelled, Status::Error(_)) => ("cancelled, error", Style::Bad),
        (Outcome::Cancelled, _) => ("cancelled", Style::Warning),
        (_, Status::Error(_)) => ("error", Style::Bad),
        (_, Status::Unset | Status::Ok) => return None,
    };
    Some(match &span.status {
        // The recorder's own message of a panic says no more than the outcome.
        Status::Error(message) if !message.is_empty() && message != what => {
            let message = escaped(message, options.max_text);
            Cell::new(format!("{what}: {message}"), style)
        }
        _ => Cell::new(what, style),
    })
}

/// Returns what is odd about the span's place in the tree.
fn place(trace: &Trace, span: &SpanRecord) -> Option<String> {
    let Some(parent) = span.parent_span_id else {
        let first = trace.top_spans().next().map(|root| root.span_id);
        return (first != Some(span.span_id)).then(|| "another root".to_owned());
    };
    if trace.span(parent).is_none() {
        return Some(if trace.is_called_from_elsewhere(span) {
            format!("called from {parent}, elsewhere")
        } else {
            format!("orphan of {parent}")
        });
    }
    // Its parent is here, and yet it hangs below nothing.
    (trace.depth_of(span.span_id) == Some(0)).then(|| "cycle".to_owned())
}

fn details(span: &SpanRecord, frame: Frame, options: &TreeOptions) -> Vec<Cell> {
    let mut details = Vec::new();
    if options.tags {
        let tags = span.tags.iter();
        details.extend(tags.map(|tag| Cell::new(tag_text(tag, " = ", options), Style::Dim)));
    }
    if options.logs {
        for log in &span.logs {
            let offset = HumanDuration(log.time - frame.trace_start);
            let message = escaped(&log.message, options.max_text);
            let mut text = format!("+{offset}  {message}");
            for field in &log.fields {
                text.push_str("  ");
                text.push_str(&tag_text(field, "=", options));
            }
            details.push(Cell::new(text, Style::Dim));
        }
    }
    if options.links {
        for link in &span.links {
            let mut text = format!("link to {} {}", link.trace_id, link.span_id);
            for tag in &link.tags {
                text.push_str("  ");
                text.push_str(&tag_text(tag, "=", options));
            }
            details.push(Cell::new(text, Style::Dim));
        }
    }
    details
}

fn tag_text(tag: &Tag, sign: &str, options: &TreeOptions) -> String {
    let value = tag.value.to_string();
    let key = escaped(&tag.key, options.max_text);
    let value = escaped(&value, options.max_text);
    format!("{key}{sign}{value}")
}
