//! Clients: one span for each attempt, from the head of the request to the end of the
//! response's body.
//!
//! Owns the beginning of this span, its tags from both heads, and the hosts to which the context
//! is sent. The end of the span is in `exchange.rs`, because servers need it, too.

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
