//! Distributed tracing for async Rust.

mod baggage;
mod batch;
mod clock;
mod collector;
mod context;
mod hex;
mod id;
pub mod propagation;
mod quoted;
mod resource;
mod sampler;
mod span_record;
mod tag;
mod timestamp;
mod tracestate;

pub use baggage::{Baggage, InvalidBaggage};
pub use batch::{SpanBatch, SpanView};
pub use clock::{Clock, ManualClock};
pub use collector::{Collector, CollectorError, CollectorFn, collector_fn};
pub use context::{TraceContext, TraceFlags};
pub use id::{ParseIdError, SpanId, TraceId};
pub use resource::Resource;
pub use sampler::{
    AlwaysOff, AlwaysOn, HeadSampler, InvalidSampleRate, ParentBased, Probabilistic, RateLimited,
    Sampler, SamplerFn, SamplingDecision, SamplingInput, SamplingStrategy, sampler_fn,
};
pub use span_record::{DroppedItems, Link, Log, Outcome, Source, SpanKind, SpanRecord, Status};
pub use tag::{
    DebugTag, DisplayTag, Tag, TagArray, TagInput, TagRef, TagSource, TagValue, debug, display,
};
pub use timestamp::Timestamp;
pub use tracestate::{InvalidTraceStateEntry, ParseTraceStateError, TraceState};
