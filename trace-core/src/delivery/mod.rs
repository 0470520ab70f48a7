//! Moves finished spans from the application's threads to the collectors.
//!
//! The two sides meet only in the [`Queue`], a bounded list of chunks. Recording threads add
//! chunks and never wait for the other side. [`Worker`] takes the chunks and decodes them. It
//! runs on its own thread or, if the tracer has no threads, on the thread that flushes. It
//! calls the collectors itself or, if several collectors have their own threads, passes each
//! batch to their lanes.
//!
//! This folder owns the limits, the counts of losses, and every wait of a flush or a shutdown.
//! It does not decide what is recorded, and reads the words of a chunk only through `stream`.

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
mod redaction;
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
