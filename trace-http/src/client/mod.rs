//! Clients: one span an attempt, from its head to the end of the response's body.
//!
//! Owns how that span begins, what is said of it at both heads, and which hosts the context
//! is sent to. How it ends is in `exchange.rs`, as servers need the same.

mod attempt;
mod future;
mod hosts;
mod layer;
mod options;
mod outgoing;
mod resend;
mod running;
mod service;

pub use future::ClientFuture;
pub use layer::{ClientLayer, client};
pub use resend::ResendCount;
pub use service::ClientService;

#[cfg(feature = "reqwest")]
pub(crate) use {attempt::Attempt, options::Options, running::Running};
