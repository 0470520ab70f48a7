//! Tests of `OtlpCollector` against servers that fail in every way.
//!
//! Each test has its own server on loopback. Waits are bounded, and no test asserts a time.

#![expect(
    clippy::disallowed_methods,
    reason = "servers have threads, and waits are bounded"
)]

mod advice;
mod answers;
mod bodies;
mod connections;
mod failover;
mod grpc;
mod hangs;
mod headers;
mod health;
mod json;
mod logs;
mod metrics;
mod places;
mod server;
mod spans;
mod tls;
mod waiting;
