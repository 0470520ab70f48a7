//! Shows a trace as a tree of text. Decides which spans are shown, in which order, and how
//! wide the columns are.
//!
//! [`span_lines`](super::span_lines) makes the content of each line.

use std::fmt;

use super::cell::Cell;
use super::color::Style;
use super::duration::HumanDuration;
use super::span_lines::SpanLines;
use super::text::{counted, width_of};
use super::time_columns::TimeScale;
use super::tree_options::TreeOptions;
use crate::trace::assemble::Trace;

/// Displays a trace as a tree, with one line for each span. Every line ends with a line break.
///
/// The root comes first. Further roots, orphans and the first spans of cycles follow, each
/// with a mark. Children are sorted by start, then id. Times come from [`Trace::times_of`]. A
/// span is marked if its clock differs from the root's (`clock 2.00 s ahead`) or if one of its
/// times is unknown. It is also marked if a part of it was dropped because of limits. Names,
/// messages and values are escaped by [`visible`](crate::value::visible()).
///
/// ```
/// use trace_core::{SpanId, SpanRecord, Timestamp, Trace, TraceId};
///
/// let id = TraceId::new(1).unwrap();
/// let mut root = SpanRecord::new(id, SpanId::new(1).unwrap(), "checkout");
/// root.service_name = "shop".into();
/// root.end = Timestamp::from_unix_nanos(30_000_000);
/// let mut child = SpanRecord::new(id, SpanId::new(2).unwrap(), "charge");
/// child.parent_span_id = Some(root.span_id);
/// child.service_name = "bank".into();
/// child.start = Timestamp::from_unix_nanos(15_000_000);
/// child.end = root.end;
///
/// let trace = Trace::from_spans(id, [root, child])?;
/// assert_eq!(
///     trace.tree().to_string(),
///     "checkout (shop)    30.0 ms  ████████████████████  100%  ✓\n\
///      └─ charge (bank)   15.0 ms            ██████████   50%  ✓\n"
/// );
/// # Ok::<(), trace_core::ForeignSpanError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TraceTree<'a> {
    trace: &'a Trace,
    options: TreeOptions,
}

/// A span that is still to be shown.
struct UnshownSpan {
    position: usize,
    depth: usize,
    /// Whether it is the last child of its parent.
    is_last: bool,
}

impl Trace {
    /// Returns the trace as a tree with the default options, to be displayed.
    #[must_use]
    pub fn tree(&self) -> TraceTree<'_> {
        self.tree_with(TreeOptions::default())
    }

    /// Returns the trace as a tree, to be displayed.
    #[must_use]
    pub fn tree_with(&self, options: TreeOptions) -> TraceTree<'_> {
        TraceTree {
            trace: self,
            options,
        }
    }
}

impl TraceTree<'_> {
    /// Returns the lines of all spans that are shown, in order. Does not recurse, because a
    /// trace may be deeper than the stack.
    fn spans(&self) -> Vec<SpanLines> {
        let forest = self.trace.forest();
        let scale = TimeScale::from_trace(self.trace);
        let mut spans = Vec::new();
        let mut unshown: Vec<UnshownSpan> = Vec::new();
        // No glyph connects the top spans, so each counts as a last child.
        unshown.extend(forest.tops.iter().rev().map(|position| UnshownSpan {
            position: *position,
            depth: 0,
            is_last: true,
        }));
        // The glyphs in front of a span's children, level by level: "│  " or "   ".
        let mut levels: Vec<&str> = Vec::new();
        while spans.len() < self.options.max_spans
            && let Some(next) = unshown.pop()
        {
            let mut span = SpanLines::new(self.trace, next.position, scale, &self.options);
            levels.truncate(next.depth.saturating_sub(1));
            span.glyphs = levels.concat();
            if next.depth > 0 {
                span.glyphs
                    .push_str(if next.is_last { "└─ " } else { "├─ " });
                levels.push(if next.is_last { "   " } else { "│  " });
            }
            let mut children = forest.children(next.position);
            if next.depth + 1 >= self.options.max_depth {
                children = &[];
            }
            span.detail_glyphs = levels.concat();
            span.detail_glyphs
                .push_str(if children.is_empty() { "   " } else { "│  " });
            unshown.extend(children.iter().enumerate().rev().map(|(index, position)| {
                UnshownSpan {
                    position: *position,
                    depth: next.depth + 1,
                    is_last: index + 1 == children.len(),
                }
            }));
            spans.push(span);
        }
        spans
    }

    fn header(&self) -> String {
        let spans = counted(self.trace.len(), "span");
        let services = counted(self.trace.services().len(), "service");
        let duration = HumanDuration(self.trace.duration().unwrap_or_default());
        let id = self.trace.trace_id;
        format!("trace {id}: {spans}, {services}, {duration}")
    }
}

impl fmt::Display for TraceTree<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spans = self.spans();
        let color = self.options.color.is_on();
        if self.options.header {
            writeln!(f, "{}", self.header())?;
        }
        let widths = Widths::from_spans(&spans);
        for span in &spans {
            writeln!(f, "{}", widths.line(span, color))?;
            for detail in &span.details {
                let mut line = String::new();
                Style::Dim.write(&span.detail_glyphs, color, &mut line);
                detail.style.write(&detail.text, color, &mut line);
                writeln!(f, "{line}")?;
            }
        }
        match self.trace.len().saturating_sub(spans.len()) {
            0 => {}
            1 => writeln!(f, "… 1 more span")?,
            more => writeln!(f, "… {more} more spans")?,
        }
        let losses = self.trace.losses();
        if !losses.is_empty() {
            writeln!(f, "… {losses}")?;
        }
        Ok(())
    }
}

/// The width of each column: the width of its widest cell.
struct Widths {
    /// The width of glyphs, operation and service together.
    name: usize,
    columns: Vec<usize>,
}

impl Widths {
    fn from_spans(spans: &[SpanLines]) -> Self {
        let mut columns: Vec<usize> = Vec::new();
        for span in spans {
            columns.resize(columns.len().max(span.columns.len()), 0);
            for (width, cell) in columns.iter_mut().zip(&span.columns) {
                *width = (*width).max(width_of(&cell.text));
            }
        }
        Self {
            name: spans.iter().map(name_width).max().unwrap_or(0),
            columns,
        }
    }

    /// Returns the span's own line, without a line break.
    fn line(&self, span: &SpanLines, color: bool) -> String {
        let mut line = String::new();
        Style::Dim.write(&span.glyphs, color, &mut line);
        span.operation
            .style
            .write(&span.operation.text, color, &mut line);
        if let Some(service) = &span.service {
            line.push(' ');
            service.style.write(&service.text, color, &mut line);
        }
        // Spaces are written only before a cell, so that no line ends with spaces.
        let mut owed = self.name.saturating_sub(name_width(span)) + 3;
        for (cell, width) in span.columns.iter().zip(&self.columns) {
            let missing = width.saturating_sub(width_of(&cell.text));
            let (before, after) = if cell.is_right_aligned {
                (missing, 0)
            } else {
                (0, missing)
            };
            write_cell(cell, owed + before, color, &mut line);
            owed = after + 2;
        }
        for note in &span.notes {
            write_cell(note, owed, color, &mut line);
            owed = 2;
        }
        line
    }
}

fn write_cell(cell: &Cell, spaces: usize, color: bool, line: &mut String) {
    line.push_str(&" ".repeat(spaces));
    cell.style.write(&cell.text, color, line);
}

fn name_width(span: &SpanLines) -> usize {
    let service = span.service.as_ref();
    width_of(&span.glyphs)
        + width_of(&span.operation.text)
        + service.map_or(0, |service| 1 + width_of(&service.text))
}
