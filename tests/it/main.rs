//! The workspace's integration tests: one binary, one module for each area.

#![expect(
    clippy::unwrap_used,
    reason = "clippy takes only functions marked `#[test]` for tests, not what they call"
)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "`check(.., expect![[..]])` reads better than with a reference"
)]

mod arguments;
mod assemble;
mod baggage;
mod callers;
mod clock;
mod clocks;
mod complete;
mod critical_path;
mod design;
mod diagnostics;
mod disabled;
mod doctor;
mod foreign_text;
mod from_env;
mod held;
mod idle;
mod ids;
mod lanes;
mod macros;
mod module_order;
mod otlp;
mod picture;
mod propagation;
mod random;
mod recorded_traces;
mod recorder;
mod redaction;
mod sampler;
mod scopes;
mod serialized;
mod shutdowns;
mod spans;
mod stress;
mod summary;
mod testing;
mod trace_collector;
mod trace_collector_limits;
mod trace_collector_output;
mod tracer_counts;
mod tracestate;
mod two_ends;
mod view;
mod wait;
