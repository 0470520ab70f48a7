//! Sends spans, and what leaves beside them, to a server, and loses none without counting it.
//!
//! Decides when a request is sent, to which endpoint, what its answer means, and what becomes
//! of its items. `encode` writes the bodies, and `transport` sends them.

mod answer;
mod builder;
mod collector;
mod connect;
mod endpoint;
mod endpoints;
mod error;
mod exporter;
mod exporters;
mod headers;
mod health;
mod lines;
mod metrics;
mod moment;
mod partial_success;
mod pending;
mod protocol;
mod retry;
mod sdk_metrics;
mod signal_options;
mod signals;
mod stats;

pub use builder::OtlpCollectorBuilder;
pub use collector::OtlpCollector;
pub use error::OtlpError;
pub use health::{OtlpHealth, OtlpSignalHealth, OtlpState};
pub use protocol::Protocol;
pub use stats::{LostItems, OtlpSignalStats, OtlpStats};
