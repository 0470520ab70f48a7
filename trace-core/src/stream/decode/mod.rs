//! Reads streams: finds each finished span, what was said of it, and which parts of traces
//! have ended.

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
