//! `X-Trace-Id` and its like.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trace_core::propagation::XTracePropagator;

fuzz_target!(|input: &[u8]| trace_fuzz::check(
    &XTracePropagator,
    &["x-trace-id", "x-span-id", "x-sampled", "x-parent-span-id"],
    input
));
