//! Reads streams: finds each finished span, what was said of it, and which parts of traces
//! have ended.

mod decoded;
mod decoder;
mod index;
mod limits;
mod losses;
mod lost;
mod part;
mod piece;
mod rewrite;
mod spread;
mod spread_spans;
mod streamed;
mod values;

pub(crate) use decoded::Decoded;
pub(crate) use decoder::Decoder;
pub(crate) use index::Span;
pub use losses::TraceLosses;
pub(crate) use losses::{LaneLoss, LossReason};
pub(crate) use part::{Part, PartLosses, PartReport, PartState, SCOPES};
pub(crate) use streamed::Streamed;
