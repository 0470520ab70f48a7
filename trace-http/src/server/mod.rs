//! Servers: one span a request, from its head to the end of the response's body.
//!
//! Owns how that span begins, and what is said of the request. How it ends is in
//! `exchange.rs`, as clients need the same.

mod address;
mod call;
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
