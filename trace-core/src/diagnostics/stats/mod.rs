//! What became of every span.

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
