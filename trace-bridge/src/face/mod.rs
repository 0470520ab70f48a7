//! The faces of a bridge: what `tracing` calls.

mod around;
mod subscriber;

pub use around::Around;
pub use subscriber::BridgeSubscriber;
