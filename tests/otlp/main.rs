//! Tests of `OtlpCollector` against servers that fail in every way.
//!
//! Each test has its own server on loopback. Waits are bounded, and no test asserts a time.

#![expect(
    clippy::disallowed_methods,
    reason = "servers have threads, and waits are bounded"
)]

mod answers;
mod bodies;
mod connections;
mod environment;
mod failover;
mod from_env;
mod grpc;
mod hangs;
mod headers;
mod health;
mod json;
mod logs;
mod metrics;
#[cfg(target_os = "linux")]
mod one_core;
mod places;
mod redaction;
mod server;
mod spans;
mod tls;
mod waiting;
