//! Measures what a span costs, for trace-core and its peers, in one run.
//!
//! Each library is a file in `libraries` that says how the same functions are
//! instrumented with it. Everything else drives them: `workload` has what is
//! measured, `driver` repeats and times it.

// The order is that in which to read.

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
