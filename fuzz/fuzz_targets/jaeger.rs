//! The headers of Jaeger; names are of the input.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trace_core::propagation::JaegerPropagator;

fuzz_target!(|input: &[u8]| trace_fuzz::check_named(&JaegerPropagator, input));
