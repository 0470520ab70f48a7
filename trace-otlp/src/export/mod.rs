//! Sends spans to a server, and loses none without counting it.
//!
//! Decides when a request is sent, to which endpoint, what its answer means, and what becomes
//! of its spans. `encode` writes the bodies, and `transport` sends them.

mod answer;
mod builder;
mod collector;
mod connect;
mod endpoint;
mod endpoints;
mod error;
mod exporter;
mod headers;
mod health;
mod moment;
mod partial_success;
mod pending;
mod protocol;
mod retry;
mod stats;

pub use builder::OtlpCollectorBuilder;
pub use collector::OtlpCollector;
pub use error::OtlpError;
pub use health::{OtlpHealth, OtlpState};
pub use protocol::Protocol;
pub use stats::{LostSpans, OtlpStats};
