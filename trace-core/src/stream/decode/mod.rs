//! Reads streams: finds each finished span, what was said of it, and which parts of traces
//! have ended.
//!
//! The [`Decoder`] lives as long as its tracer, and keeps unfinished spans between batches.
//! It reads chunks into a [`Decoded`], which has the chunks and an index that says where in
//! them each span is. No span is built: a collector's view reads it in place.
//!
//! ```text
//! Decoder ── reads chunks ──> SpanIndex: spans that are wholly in one piece
//!    │                            ^
//!    │ the others                 │ read once more, when complete
//!    v                            │
//! SpreadSpans: copied entries ────┘
//! ```
//!
//! - [`limits`] says which of a span's entries count.
//! - [`rewrite`] shortens the entries of a span that stays open for long.
//! - [`lost_spans`] and [`part_losses`] know what was lost, so that it is counted once.
//!
//! All of this runs on the worker's thread, or on the thread that flushes an on-demand
//! tracer. The only lock that it takes is that of the table of sites, and it calls no code
//! of the application. Delivery decides when to read, and what happens to a batch.

mod decoded;
mod decoder;
mod field_values;
mod limits;
mod lost_spans;
mod part;
mod part_losses;
mod piece;
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
pub(crate) use span_index::IndexedSpan;
pub(crate) use streamed_span::StreamedSpan;
pub use trace_losses::TraceLosses;
pub(crate) use trace_losses::{LaneLoss, LossReason};
