//! A trace as a tree of text.

use std::fmt;

use super::cell::Cell;
use super::color::Style;
use super::duration::HumanDuration;
use super::span_lines::Row;
use super::text::{counted, width_of};
use super::time_columns::Frame;
use super::tree_options::TreeOptions;
use crate::trace::assemble::Trace;

/// Displays a trace as a tree, one line a span, each line ended by a line break.
///
/// The root comes first; more roots, orphans and the first spans of cycles follow,
/// marked. Children are sorted by start, then id. Times are those of
/// [`Trace::times_of`]; a span says of itself if its clock differs from the root's
/// (`clock 2.00 s ahead`), if a time of it is not known, and what limits dropped in it.
/// Names, messages and values are written as [`visible`](crate::value::visible()) shows them.
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
struct Waiting {
    position: usize,
    depth: usize,
    is_last: bool,
}

impl Trace {
    /// Shows the trace as a tree with the default options.
    #[must_use]
    pub fn tree(&self) -> TraceTree<'_> {
        self.tree_with(TreeOptions::default())
    }

    /// Shows the trace as a tree.
    #[must_use]
    pub fn tree_with(&self, options: TreeOptions) -> TraceTree<'_> {
        TraceTree {
            trace: self,
            options,
        }
    }
}

impl TraceTree<'_> {
    /// Returns the rows of the spans shown, in order.
    fn rows(&self) -> Vec<Row> {
        let forest = self.trace.forest();
        let frame = Frame::of(self.trace);
        let mut rows = Vec::new();
        let mut waiting: Vec<Waiting> = Vec::new();
        // Tops are roots of their own: no glyph joins them.
        waiting.extend(forest.tops.iter().rev().map(|position| Waiting {
            position: *position,
            depth: 0,
            is_last: true,
        }));
        // What stands in front of a span's children, level by level: "│  " or "   ".
        let mut levels: Vec<&str> = Vec::new();
        while rows.len() < self.options.max_spans
            && let Some(next) = waiting.pop()
        {
            let mut row = Row::new(self.trace, next.position, frame, &self.options);
            levels.truncate(next.depth.saturating_sub(1));
            row.glyphs = levels.concat();
            if next.depth > 0 {
                row.glyphs
                    .push_str(if next.is_last { "└─ " } else { "├─ " });
                levels.push(if next.is_last { "   " } else { "│  " });
            }
            let mut children = forest.children(next.position);
            if next.depth + 1 >= self.options.max_depth {
                children = &[];
            }
            row.detail_glyphs = levels.concat();
            row.detail_glyphs
                .push_str(if children.is_empty() { "   " } else { "│  " });
            waiting.extend(
                children
                    .iter()
                    .enumerate()
                    .rev()
                    .map(|(index, position)| Waiting {
                        position: *position,
                        depth: next.depth + 1,
                        is_last: index + 1 == children.len(),
                    }),
            );
            rows.push(row);
        }
        rows
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
        let rows = self.rows();
        let color = self.options.color.is_on();
        if self.options.header {
            writeln!(f, "{}", self.header())?;
        }
        let widths = Widths::of(&rows);
        for row in &rows {
            writeln!(f, "{}", widths.line(row, color))?;
            for detail in &row.details {
                let mut line = String::new();
                Style::Dim.write(&row.detail_glyphs, color, &mut line);
                detail.style.write(&detail.text, color, &mut line);
                writeln!(f, "{line}")?;
            }
        }
        match self.trace.len().saturating_sub(rows.len()) {
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

/// The widest cell of each column.
struct Widths {
    name: usize,
    columns: Vec<usize>,
}

impl Widths {
    fn of(rows: &[Row]) -> Self {
        let mut columns: Vec<usize> = Vec::new();
        for row in rows {
            columns.resize(columns.len().max(row.columns.len()), 0);
            for (width, cell) in columns.iter_mut().zip(&row.columns) {
                *width = (*width).max(width_of(&cell.text));
            }
        }
        Self {
            name: rows.iter().map(name_width).max().unwrap_or(0),
            columns,
        }
    }

    fn line(&self, row: &Row, color: bool) -> String {
        let mut line = String::new();
        Style::Dim.write(&row.glyphs, color, &mut line);
        row.operation
            .style
            .write(&row.operation.text, color, &mut line);
        if let Some(service) = &row.service {
            line.push(' ');
            service.style.write(&service.text, color, &mut line);
        }
        // Spaces are owed until something follows, so that no line ends in them.
        let mut owed = self.name.saturating_sub(name_width(row)) + 3;
        for (cell, width) in row.columns.iter().zip(&self.columns) {
            let missing = width.saturating_sub(width_of(&cell.text));
            let (before, after) = if cell.is_right_aligned {
                (missing, 0)
            } else {
                (0, missing)
            };
            write_cell(cell, owed + before, color, &mut line);
            owed = after + 2;
        }
        for note in &row.notes {
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

fn name_width(row: &Row) -> usize {
    let service = row.service.as_ref();
    width_of(&row.glyphs)
        + width_of(&row.operation.text)
        + service.map_or(0, |service| 1 + width_of(&service.text))
}
