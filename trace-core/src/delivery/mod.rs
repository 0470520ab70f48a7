//! Moves finished spans from the application's threads to the collectors.
//!
//! [`Queue`] is the only place where the two sides meet: a bounded list of chunks. Threads
//! that record add chunks and never wait for the other side.
//! [`Worker`] takes the chunks and decodes them. It runs on a thread of its own or, if the
//! tracer has no threads, on the thread that flushes. It calls the collectors itself, or gives
//! each batch to their lanes if several collectors have a thread each.
//!
//! This folder owns the bounds, the counts of what is lost, and every wait of a flush or a
//! shutdown. It does not decide what is recorded, and it knows the words of a chunk only
//! through `stream`.

mod call;
mod callers;
mod chunks;
mod flush_report;
mod lane;
mod lane_thread;
#[cfg(all(test, loom))]
mod loom_models;
mod lost_pieces;
mod missed_reports;
mod queue;
mod recipient;
mod recipients;
mod shared_batch;
mod threads;
mod ticks;
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
