//! Counts what happened to every span.
//!
//! A span is counted at each step, where the step happens. So the sums of [`Stats`] and
//! [`LaneStats`] hold exactly. If a span gets lost without a reason, a sum is wrong. Counts
//! for each place in the source are in [`chart`](super::chart).

mod counters;
mod lanes;
mod ledger;
mod starts;
#[expect(clippy::module_inception, reason = "the noun that the folder is about")]
mod stats;

pub(crate) use counters::Counters;
pub use lanes::{LaneDrops, LaneStats};
pub(crate) use ledger::Ledger;
pub use stats::{CallerStats, DroppedSpans, Stats};
