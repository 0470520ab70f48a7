//! Tasks, threads and messages that continue the trace.
//!
//! A task of `tokio::spawn` inherits no trace. A task that the functions here spawn runs
//! below the span that is current at the call, and may outlive that span: the trace is
//! complete when both have ended. Messages are carried, not sent: channels are the caller's.

mod carried;
#[cfg(feature = "tokio")]
mod join_set;
#[cfg(feature = "tokio")]
mod spawn;

pub use carried::Carried;
#[cfg(feature = "tokio")]
pub use join_set::TraceJoinSet;
#[cfg(feature = "tokio")]
pub use spawn::{spawn, spawn_blocking, spawn_linked};
