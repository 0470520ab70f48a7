//! The way of finished spans from the application's threads to the collectors.
//!
//! [`Queue`] is the only place where the two sides meet: a bounded list of chunks.
//! [`Worker`] takes them and reads them, on a thread of its own or, for a tracer without
//! one, on the one that flushes. It calls the collectors, or gives what it has read to their
//! lanes, where several have a thread each.

mod call;
mod callers;
mod chunks;
mod flush_report;
mod lane;
mod lane_thread;
#[cfg(all(test, loom))]
mod loom_models;
mod lost_pieces;
mod queue;
mod recipient;
mod recipients;
mod shared_batch;
mod threads;
mod ticks;
mod untold;
mod worker;

pub(crate) use call::{drop_collectors, is_collecting, served_lane, serves};
pub(crate) use chunks::Short;
pub use flush_report::{FlushReport, LateCollector};
#[cfg(all(test, loom))]
pub(crate) use loom_models::check;
pub(crate) use queue::Queue;
pub(crate) use threads::Threads;
pub(crate) use ticks::Tick;
pub(crate) use worker::{Worker, WorkerOptions};
