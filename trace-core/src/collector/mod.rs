//! Collectors, and how they receive finished spans.
//!
//! This folder contains the trait, the batch of spans, and the view of one span.
//! [`delivery`](crate::delivery) decides when and on which thread a collector is called, and
//! what happens if it blocks or panics. [`TraceCollector`](crate::TraceCollector) is in
//! `trace/assemble`.

mod batch;
#[expect(clippy::module_inception, reason = "the noun that the folder is about")]
mod collector;
mod memory_collector;
mod plain_span;
mod resource;
mod span_views;
mod tracer_counts;
mod view;

pub use batch::SpanBatch;
pub use collector::{Collector, CollectorError, CollectorFn, collector_fn};
pub use memory_collector::MemoryCollector;
pub use plain_span::{PlainSpan, PlainTags};
pub use resource::BatchResource;
pub(crate) use tracer_counts::CountSource;
pub use tracer_counts::TracerCounts;
pub use view::{SiteOfSpan, SpanView};
