//! Counts of what became of every span.
//!
//! A span is counted at each step, where the step happens. So the sums of [`Stats`] and
//! [`LaneStats`] hold exactly, and a span that gets lost without a reason shows in them.
//! Counts for each place in the source are in [`chart`](super::chart).

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
