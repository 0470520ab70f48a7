//! The way of finished spans from the application's threads to the collectors.
//!
//! [`Queue`] is the only place where the two sides meet: a bounded list of
//! chunks. [`Worker`] takes them, reads them and calls the collectors, on a
//! thread of its own or, for a tracer without one, on the one that flushes.

mod call;
#[cfg(all(test, loom))]
mod loom_models;
mod queue;
mod ticks;
mod worker;

pub(crate) use call::{drop_collectors, is_collecting};
#[cfg(all(test, loom))]
pub(crate) use loom_models::check;
pub(crate) use queue::{EndedPart, Queue, Short};
pub(crate) use ticks::Tick;
pub use worker::FlushReport;
pub(crate) use worker::{Worker, WorkerThread};
