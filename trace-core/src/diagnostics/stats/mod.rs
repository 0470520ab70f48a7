//! Counts of what became of every span.
//!
//! Each span is counted where it happens, once for each step. The sums of [`Stats`] and
//! [`LaneStats`] so hold exactly, and show a span that is counted nowhere. What is counted
//! by place in the source is in [`chart`](super::chart).

mod counters;
mod lanes;
mod ledger;
mod starts;
#[expect(clippy::module_inception, reason = "the noun that the folder is about")]
mod stats;

pub(crate) use counters::Counters;
pub use lanes::{LaneDrops, LaneStats};
pub(crate) use ledger::Ledger;
pub use stats::{DroppedSpans, Stats};
