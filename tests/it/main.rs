//! The workspace's integration tests: one binary, one module for each area.

#![expect(
    clippy::unwrap_used,
    reason = "clippy takes only functions marked `#[test]` for tests, not what they call"
)]

mod assemble;
mod baggage;
mod critical_path;
mod ids;
mod macros;
mod otlp;
mod propagation;
mod random;
mod recorder;
mod sampler;
mod spans;
mod trace_collector;
mod trace_collector_limits;
mod tracestate;
mod view;
