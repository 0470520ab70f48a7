//! Tests of `trace-http`: real servers and real clients over loopback, in HTTP/1.1 and
//! HTTP/2.

#![expect(
    clippy::unwrap_used,
    reason = "clippy takes only functions marked `#[test]` for tests, not what they call"
)]

mod client;
mod grpc;
mod process;
mod server;
mod tunnels;
mod wire;
