//! Reads streams: finds each finished span with its entries, and the parts of traces that
//! have ended.
//!
//! The [`Decoder`] lives as long as its tracer, and keeps unfinished spans between
//! batches. It reads chunks into a [`Decoded`], which contains the chunks and an index
//! with the position of each span. No span object is built: a collector's view reads the
//! span in its chunk.
//!
//! ```text
//! Decoder ── reads chunks ──> SpanIndex: spans that are wholly in one piece
//!    │                            ^
//!    │ the others                 │ read once more, when complete
//!    v                            │
//! SpreadSpans: copied entries ────┘
//! ```
//!
//! - [`limits`] decides which of a span's entries count.
//! - [`rewrite`] removes entries that no longer count from a span that is open for a long
//!   time.
//! - [`replace_texts`] replaces texts of the finished spans of a batch, before a collector
//!   gets them.
//! - [`lost_spans`] and [`part_losses`] record lost spans, so that each is counted once.
//!
//! This code runs on the worker's thread, or on the thread that flushes an on-demand
//! tracer. It calls no application code but what [`ReplaceTexts`] passes to it, and the only
//! lock it takes is the one of the site table. [`delivery`](crate::delivery) decides when to read, and what happens to a batch.

mod decoded;
mod decoder;
mod field_values;
mod limits;
mod lost_spans;
mod part;
mod part_losses;
mod piece;
mod replace_numbers;
mod replace_texts;
mod rewrite;
mod segment;
mod span_index;
mod spread_span;
mod spread_spans;
mod streamed_span;
mod trace_losses;

pub(crate) use decoded::Decoded;
pub(crate) use decoder::Decoder;
pub(crate) use part::{Part, PartReport, PartState, SCOPE_NUMBER_BLOCK};
pub(crate) use part_losses::PartLosses;
pub(crate) use replace_texts::ReplaceTexts;
pub(crate) use span_index::{Entries, IndexedSpan};
pub(crate) use streamed_span::{StreamedSpan, StreamedTags};
pub use trace_losses::TraceLosses;
pub(crate) use trace_losses::{LaneLoss, LossReason};
