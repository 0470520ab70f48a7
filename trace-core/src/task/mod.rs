//! Tasks, threads and messages that go on with the trace.
//!
//! `tokio::spawn` inherits nothing, as each task is a world of its own. What is
//! spawned by the functions here is a child of the span that is current at the
//! call, which it may outlive: the trace is complete when both have ended.

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
