//! Finished spans as a collector gets them, and what a collector is.

mod batch;
#[expect(clippy::module_inception, reason = "the noun that the folder is about")]
mod collector;
mod memory_collector;
mod resource;
mod view;

pub use batch::SpanBatch;
pub use collector::{Collector, CollectorError, CollectorFn, collector_fn};
pub use memory_collector::MemoryCollector;
pub use resource::BatchResource;
pub use view::SpanView;
