//! Tasks, threads and messages that continue the trace.
//!
//! A task spawned with `tokio::spawn` inherits no trace. A task spawned with the functions
//! here runs below the span that is current at the call. The task may outlive that span: the
//! trace is complete when both have ended. This module has no channels; [`Carried`] wraps a
//! message for the caller's own channel.

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
