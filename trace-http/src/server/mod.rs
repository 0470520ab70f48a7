//! Servers: one span for each request, from its head to the end of the response's body.
//!
//! Owns the beginning of this span, and the tags of the request. The end of the span is in
//! `exchange.rs`, because clients need it, too.

mod address;
mod future;
mod layer;
mod options;
mod service;
mod skip;
mod start;

pub use address::PeerAddress;
pub use future::ServerFuture;
pub use layer::{ServerLayer, server};
pub use service::ServerService;
