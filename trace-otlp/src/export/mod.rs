//! Sends spans, log records and metrics to a server, and counts every item that is lost.
//!
//! Decides when a request is sent, to which endpoint, what its answer means, and what happens
//! to its items. `encode` writes the bodies, and `transport` sends them.

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
pub(crate) use endpoint::is_url;
pub use error::OtlpError;
pub(crate) use headers::is_reserved;
pub use health::{OtlpHealth, OtlpSignalHealth, OtlpState};
pub use protocol::Protocol;
pub use stats::{LostItems, OtlpSignalStats, OtlpStats};
