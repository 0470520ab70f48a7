//! `traceparent` and `tracestate`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trace_core::propagation::TraceContextPropagator;

fuzz_target!(|input: &[u8]| trace_fuzz::check(
    &TraceContextPropagator,
    &["traceparent", "tracestate"],
    input
));
