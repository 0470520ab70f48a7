//! Measures the cost of a span, for trace-core and its peers, in one run.
//!
//! Each library has a file in `libraries`, in which the same functions are instrumented with
//! it. The other files drive them: `workload` has the measured operations, and `driver`
//! repeats and times them.

// In reading order.

#[path = "../../tests/it/random.rs"]
#[expect(dead_code, reason = "tests choose more")]
mod random;
pub mod stopwatch;

pub mod driver;
pub mod libraries;
pub mod library;
pub mod workload;

pub mod process;
pub mod report;

pub mod compile_time;
pub mod conservation;
pub mod held;
pub mod instructions;
pub mod micro;
pub mod sizes;
pub mod soak;
pub mod throughput;
