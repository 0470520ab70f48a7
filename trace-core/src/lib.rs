//! Distributed tracing for async Rust.

mod assemble;
mod baggage;
mod batch;
mod clock;
mod collector;
mod context;
mod delivery;
mod hex;
mod id;
mod id_generator;
mod limits;
mod memory_collector;
pub mod propagation;
mod quoted;
mod record;
mod resource;
mod sampler;
pub mod span;
mod span_record;
mod stats;
mod stream;
mod tag;
mod task;
mod timestamp;
mod tracer;
mod tracestate;
mod view;

pub use assemble::{
    AddedSpan, CompletedTrace, Completion, CriticalPathSection, ForeignSpanError, Problem, Query,
    Trace, TraceCollector, TraceCollectorOptions, TraceCollectorStats,
};
pub use baggage::{Baggage, InvalidBaggage};
pub use batch::{SpanBatch, SpanView, StatusRef};
pub use clock::{Clock, ManualClock};
pub use collector::{Collector, CollectorError, CollectorFn, collector_fn};
pub use context::{TraceContext, TraceFlags};
pub use delivery::FlushReport;
pub use id::{ParseIdError, SpanId, TraceId};
pub use id_generator::IdGenerator;
pub use limits::Limits;
pub use memory_collector::MemoryCollector;
pub use resource::Resource;
pub use sampler::{
    AlwaysOff, AlwaysOn, HeadSampler, InvalidSampleRate, ParentBased, Probabilistic, RateLimited,
    Sampler, SamplerFn, SamplingDecision, SamplingInput, SamplingStrategy, sampler_fn,
};
pub use span::{InCurrentTrace, InSpan, TraceFuture};
pub use span_record::{DroppedItems, Link, Log, Outcome, Source, SpanKind, SpanRecord, Status};
pub use stats::{DroppedSpans, Stats};
pub use tag::{
    DebugTag, DisplayTag, Tag, TagArray, TagInput, TagRef, TagSource, TagValue, debug, display,
};
pub use task::Carried;
#[cfg(feature = "tokio")]
pub use task::{TraceJoinSet, spawn, spawn_blocking, spawn_linked};
pub use timestamp::Timestamp;
pub use tracer::{
    Attached, BuildError, InstallError, RootBuilder, RootFuture, Tracer, TracerBuilder,
    TracerGuard, root,
};
pub use tracestate::{InvalidTraceStateEntry, ParseTraceStateError, TraceState};
pub use view::{
    ColorChoice, HumanDuration, SpanTime, Summary, SummaryTable, TraceTree, TreeOptions,
};

#[cfg(all(feature = "macros", feature = "testing"))]
pub use trace_macros::traced_test;
#[cfg(feature = "macros")]
pub use trace_macros::{trace_root, traced};

#[doc(hidden)]
#[path = "private/mod.rs"]
pub mod __private;
