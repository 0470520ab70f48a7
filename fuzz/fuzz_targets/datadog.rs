//! The headers of Datadog.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trace_core::propagation::DatadogPropagator;

fuzz_target!(|input: &[u8]| trace_fuzz::check(
    &DatadogPropagator,
    &[
        "x-datadog-trace-id",
        "x-datadog-parent-id",
        "x-datadog-sampling-priority",
        "x-datadog-tags",
        "x-datadog-origin"
    ],
    input
));
