//! Traces as text.
//!
//! A trace is shown as a tree, or as a summary of one trace or of many. Widths are counted in
//! columns of a terminal: an East Asian wide character takes two columns, and a combining
//! character takes none. The times and the tree of a trace are computed in
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
