//! The lines of one span in a tree: its own line, and the details below it.
//!
//! [`tree`](super::tree) decides which spans are shown, with which glyphs, and how wide the
//! columns are.

use std::time::Duration;

use super::cell::Cell;
use super::color::Style;
use super::duration::HumanDuration;
use super::text::counted;
use super::time_columns::{TimeScale, columns, has_failed};
use super::tree_options::TreeOptions;
use crate::trace::assemble::Trace;
use crate::value::visible::visible;
use crate::value::{DroppedItems, Outcome, SpanRecord, Status, Tag};

/// The lines of one span, in pieces, before the widths are known.
#[derive(Debug)]
pub(super) struct SpanLines {
    /// The tree's glyphs in front of the operation. Glyphs, operation and service together
    /// are the first column. Set by the tree.
    pub(super) glyphs: String,
    pub(super) operation: Cell,
    pub(super) service: Option<Cell>,
    /// The number of columns depends on the options, and is the same for every span of a tree.
    pub(super) columns: Vec<Cell>,
    /// The notes that follow the columns. They are not aligned.
    pub(super) notes: Vec<Cell>,
    /// The tree's glyphs in front of each of `details`. Set by the tree.
    pub(super) detail_glyphs: String,
    /// The lines below: tags, logs and links.
    pub(super) details: Vec<Cell>,
}

impl SpanLines {
    /// Makes the lines of the span at a position, without glyphs.
    pub(super) fn new(
        trace: &Trace,
        position: usize,
        scale: TimeScale,
        options: &TreeOptions,
    ) -> Self {
        let span = &trace.by_position()[position];
        let interval = trace.interval(position);
        let name = visible(&span.operation_name, options.max_text);
        let service = options.services.then(|| {
            let service = visible(&span.service_name, options.max_text);
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
            columns: columns(span, interval, scale, options),
            notes: notes(trace, position, options),
            detail_glyphs: String::new(),
            details: details(trace, position, scale, options),
        }
    }
}

/// Returns the notes that follow the columns.
fn notes(trace: &Trace, position: usize, options: &TreeOptions) -> Vec<Cell> {
    let span = &trace.by_position()[position];
    let inline_tags = options.inline_tags.iter().filter_map(|key| {
        let tag = span.tags.iter().find(|tag| tag.key == *key)?;
        Some(Cell::new(tag_text(tag, "=", options), Style::Dim))
    });
    let mut notes: Vec<Cell> = inline_tags.collect();
    let outcome = describe_outcome(span, options);
    let is_ok = outcome.is_none();
    notes.extend(outcome);
    if is_ok && options.check_marks {
        notes.push(Cell::new("✓", Style::Good));
    }
    let odd = describe_place(trace, position).into_iter();
    let odd = odd
        .chain(describe_times(trace, position, options))
        .chain(describe_dropped(span.dropped));
    notes.extend(odd.map(|text| Cell::new(text, Style::Warning)));
    if !span.links.is_empty() {
        notes.push(Cell::new(counted(span.links.len(), "link"), Style::Dim));
    }
    if let (true, Some(source)) = (options.sources, &span.source) {
        let file = visible(&source.file, options.max_text);
        notes.push(Cell::new(format!("{file}:{}", source.line), Style::Dim));
    }
    notes
}

/// Returns what went wrong in the span; `None` if nothing did.
fn describe_outcome(span: &SpanRecord, options: &TreeOptions) -> Option<Cell> {
    let (what, style) = match (span.outcome, &span.status) {
        (Outcome::Panicked, _) => ("panicked", Style::Bad),
        (Outcome::Cancelled, Status::Error(_)) => ("cancelled, error", Style::Bad),
        (Outcome::Cancelled, _) => ("cancelled", Style::Warning),
        (_, Status::Error(_)) => ("error", Style::Bad),
        (_, Status::Unset | Status::Ok) => return None,
    };
    Some(match &span.status {
        // The recorder's message for a panic only repeats the outcome.
        Status::Error(message) if !message.is_empty() && message != what => {
            let message = visible(message, options.max_text);
            Cell::new(format!("{what}: {message}"), style)
        }
        _ => Cell::new(what, style),
    })
}

/// Returns what is unusual about the span's place in the tree.
fn describe_place(trace: &Trace, position: usize) -> Option<String> {
    let (span, forest) = (&trace.by_position()[position], trace.forest());
    if forest.parents[position].is_some() {
        return None;
    }
    // If the root names itself as parent, every span has a parent, and all spans that name
    // themselves count as roots.
    let root_is_its_own_parent = trace
        .root()
        .is_some_and(|root| root.parent_span_id.is_some());
    match span.parent_span_id {
        None if forest.tops.first() == Some(&position) => None,
        None => Some("another root".to_owned()),
        Some(parent) if parent == span.span_id && root_is_its_own_parent => {
            Some("its own parent".to_owned())
        }
        Some(parent) if trace.is_called_from_elsewhere(span) => {
            Some(format!("called from {parent}, elsewhere"))
        }
        Some(parent) if trace.span(parent).is_none() => Some(format!("orphan of {parent}")),
        // The parent is in the trace, but the edge to it was cut.
        Some(_) => Some("cycle".to_owned()),
    }
}

/// Returns what is unusual about the span's times.
fn describe_times(
    trace: &Trace,
    position: usize,
    options: &TreeOptions,
) -> impl Iterator<Item = String> {
    let remark = trace.forest().timeline.remark(position);
    let unknown = match (remark.start_is_unknown, remark.end_is_unknown) {
        (false, false) => None,
        (true, false) => Some("start unknown"),
        (false, true) => Some("end unknown"),
        (true, true) => Some("start and end unknown"),
    };
    let by = HumanDuration(Duration::from_nanos(remark.ahead.unsigned_abs()));
    let clock = match remark.ahead {
        0 => None,
        _ if !options.clocks => None,
        1.. => Some(format!("clock {by} ahead")),
        _ => Some(format!("clock {by} behind")),
    };
    unknown.map(str::to_owned).into_iter().chain(clock)
}

/// Returns what was dropped from the span because of limits, such as `172 tags and 1 log
/// dropped`.
fn describe_dropped(items: DroppedItems) -> Option<String> {
    let DroppedItems { tags, logs, links } = items;
    let kinds = [(tags, "tag"), (logs, "log"), (links, "link")].into_iter();
    let dropped = kinds.filter(|(number, _)| *number > 0);
    let dropped: Vec<String> = dropped
        .map(|(number, noun)| counted(number as usize, noun))
        .collect();
    let (last, others) = dropped.split_last()?;
    Some(match others {
        [] => format!("{last} dropped"),
        others => format!("{} and {last} dropped", others.join(", ")),
    })
}

/// Returns the lines below the span's own line.
fn details(trace: &Trace, position: usize, scale: TimeScale, options: &TreeOptions) -> Vec<Cell> {
    let span = &trace.by_position()[position];
    let mut details = Vec::new();
    if options.tags {
        let tags = span.tags.iter();
        details.extend(tags.map(|tag| Cell::new(tag_text(tag, " = ", options), Style::Dim)));
    }
    if options.logs {
        for log in &span.logs {
            let time = trace.forest().timeline.time(position, log.time);
            let offset = HumanDuration(time - scale.trace_start);
            let message = visible(&log.message, options.max_text);
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
    let key = visible(&tag.key, options.max_text);
    let value = visible(&value, options.max_text);
    format!("{key}{sign}{value}")
}
