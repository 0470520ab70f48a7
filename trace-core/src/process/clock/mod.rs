//! Clocks. Only this folder reads the time.
//!
//! Recording stores *raw* readings, which cost one instruction each. The worker turns them
//! into [`Timestamp`](crate::Timestamp)s when it delivers spans. A raw reading counts ticks of
//! the processor's time-stamp counter, or nanoseconds where no counter can be trusted. So only
//! the clock that made a reading can interpret it.
//!
//! | file | content |
//! |---|---|
//! | `system_clock` | follows the wall clock when it is set, and after the machine slept |
//! | `anchors` | ties the readings of each trace to the wall clock |
//! | `rate` | the length of a tick |
//! | `counter` | the processor's counter |
//! | `clock` | the choice of a source: system, manual, tokio |

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
