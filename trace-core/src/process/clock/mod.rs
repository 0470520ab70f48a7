//! Time: the only place that reads it.
//!
//! Recording stores *raw* readings, which cost one instruction; whoever delivers
//! spans turns them into [`Timestamp`]s. A reading is a count of ticks of the
//! processor's time-stamp counter (or of nanoseconds where there is none that
//! can be trusted), so only its own clock can say what it means.

mod anchors;
#[expect(clippy::module_inception, reason = "the noun that the folder is about")]
mod clock;
mod counter;
mod deadline;
mod manual_clock;
mod rate;
mod stopwatch;
mod system_clock;

pub(crate) use anchors::{Converter, Times};
pub use clock::Clock;
pub(crate) use counter::Counter;
pub(crate) use deadline::Deadline;
pub use manual_clock::ManualClock;
pub(crate) use rate::{between, raw_counter};
pub(crate) use stopwatch::Stopwatch;
pub(crate) use system_clock::moment;
