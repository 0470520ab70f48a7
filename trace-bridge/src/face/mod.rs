//! The faces of a bridge: what `tracing` calls.

mod around;
#[cfg(feature = "tracing-subscriber")]
mod layer;
mod stand_ins;
mod subscriber;
mod within;

pub use around::Around;
#[cfg(feature = "tracing-subscriber")]
pub use layer::BridgeLayer;
pub use subscriber::BridgeSubscriber;
