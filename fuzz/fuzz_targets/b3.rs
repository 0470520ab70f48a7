//! B3, in one header and in several.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trace_core::propagation::B3Propagator;

fuzz_target!(|input: &[u8]| trace_fuzz::check(
    &B3Propagator,
    &[
        "b3",
        "x-b3-traceid",
        "x-b3-spanid",
        "x-b3-sampled",
        "x-b3-flags",
        "x-b3-parentspanid"
    ],
    input
));
