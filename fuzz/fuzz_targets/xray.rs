//! The header of AWS X-Ray.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trace_core::propagation::XrayPropagator;

fuzz_target!(|input: &[u8]| trace_fuzz::check(&XrayPropagator, &["x-amzn-trace-id"], input));
