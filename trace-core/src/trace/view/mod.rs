//! Traces as text.
//!
//! A tree for tests, consoles and examples, and summaries of one trace and of many. Widths
//! are those of a terminal: an East Asian wide character takes two columns, and a combining
//! one takes none. Nothing here computes what a trace means; see
//! [`assemble`](crate::trace::assemble).

mod cell;
mod color;
mod duration;
mod printing;
mod span_lines;
mod summary;
mod summary_table;
mod text;
mod time_columns;
mod tree;
mod tree_options;

pub use color::ColorChoice;
pub use duration::HumanDuration;
pub use summary::{SpanTime, Summary};
pub use summary_table::SummaryTable;
pub use tree::TraceTree;
pub use tree_options::TreeOptions;
