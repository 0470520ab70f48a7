//! Distributed tracing for async Rust: one attribute on a function, one line of
//! setup, and complete traces come out.
//!
//! ```
//! use std::time::Duration;
//! use trace_core::{TraceCollector, Tracer, span, trace_root, traced};
//!
//! #[traced(tags(account))]
//! fn balance(account: u32) -> Result<i64, String> {
//!     span::add_log("cache miss");
//!     Err(format!("no account {account}"))
//! }
//!
//! #[trace_root]
//! fn show(account: u32) -> Result<i64, String> {
//!     balance(account)
//! }
//!
//! let traces = TraceCollector::new();
//! let tracing = Tracer::builder("bank").collector(traces.clone()).install()?;
//! assert!(show(7).is_err());
//! assert!(tracing.flush(Duration::from_secs(1)).is_complete);
//!
//! let [done] = &traces.completed_traces()[..] else { panic!() };
//! assert_eq!(done.trace.len(), 2);
//! assert!(done.trace.is_error());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`traced`] and [`trace_root`] make functions spans; [`span`] is about the one
//!   that runs.
//! - [`Tracer`] has a sampler ([`HeadSampler`] and others) and collectors
//!   ([`TraceCollector`], [`MemoryCollector`], a [`Collector`] of your own).
//! - [`OpenSpan`] is a span that can be held, for what is no function.
//! - [`spawn`], [`TraceFuture`], [`TraceStream`], [`TraceJoinSet`] and [`Carried`] carry the
//!   trace to other tasks, [`propagation`] to other services.
//! - [`diagnostics`] says what is not recorded or lost, and why.
//! - [`Trace`] is assembled from [`SpanRecord`]s; [`Trace::tree`] and [`Summary`]
//!   show it.
//!
//! # Features
//!
//! `macros`, `record`, `serde` and `tokio` are on by default. `testing` adds tools for
//! tests of instrumented code (`trace_core::testing`), and turns `record` on.
//! `portable-clock` takes times from the operating system and not from the processor's
//! counter.
//!
//! Without `record` nothing records, and nothing is left that would: attributes check
//! their arguments and return the function as it is written, the functions of
//! [`span`] are empty, a [`Tracer`] has no thread and reports zeros, and the futures of
//! this crate are no larger than those in them. The API is the same. Values stay what
//! they are: ids, [`TraceContext`] and [`propagation`], samplers, [`Trace`]. So a
//! library may depend on this crate without its default features, and costs nothing
//! until an application records.

// The order is that in which to read: each group uses only those before it.

// What threads meet at.
mod sync;

// Which process this is, and its end.
mod exit;
mod fork;

// How the application's code is called, and what is told from outside.
mod caught;
mod environment;

// How foreign text is shown.
mod visible;

// Plain values.
mod limits;
#[cfg(feature = "serde")]
mod serialized;
mod stats;
mod tag;
mod timestamp;

mod baggage;
mod clock;
mod hex;
mod resource;
mod tag_source;
mod tracestate;

// What travels.
mod id;

mod context;
mod id_generator;
mod maps;
mod trust;

pub mod propagation;
mod span_record;

mod link_source;

// Whether to record, and the form in which spans wait.
mod sampler;
mod stream;

// What is said of what is lost.
pub mod diagnostics;

// Finished spans, and who takes them.
mod batch;

mod collector;

mod assemble;
mod delivery;
mod memory_collector;

// Recording, on the application's threads.
mod record;
mod view;

// What of it is public: the span that runs, the one that is held, and where they begin.
mod open_span;

pub mod span;
mod tracer;

#[doc(hidden)]
pub mod __private;
#[cfg(not(feature = "testing"))]
mod no_testing;
mod task;
#[cfg(feature = "testing")]
pub mod testing;

pub use assemble::{
    AddedSpan, CompletedTrace, Completion, CriticalPathSection, ForeignSpanError, Problem, Query,
    Trace, TraceCollector, TraceCollectorOptions, TraceCollectorStats,
};
pub use baggage::{Baggage, InvalidBaggage};
pub use batch::{BatchResource, SpanBatch, SpanView, StatusRef, TraceLosses};
pub use clock::{Clock, ManualClock};
pub use collector::{Collector, CollectorError, CollectorFn, collector_fn};
pub use context::{TraceContext, TraceFlags};
pub use delivery::{FlushReport, LateCollector};
pub use id::{ParseIdError, SpanId, TraceId};
pub use id_generator::IdGenerator;
pub use limits::Limits;
pub use link_source::LinkSource;
pub use memory_collector::MemoryCollector;
pub use open_span::{Entered, EnteredSpan, OpenSpan, SpanBuilder};
pub use resource::Resource;
pub use sampler::{
    AlwaysOff, AlwaysOn, HeadSampler, InvalidSampleRate, ParentBased, Probabilistic, RateLimited,
    Sampler, SamplerFn, SamplingDecision, SamplingInput, SamplingStrategy, sampler_fn,
};
pub use span::{InCurrentTrace, InSpan, TraceFuture, TraceStream};
pub use span_record::{DroppedItems, Link, Log, Outcome, Source, SpanKind, SpanRecord, Status};
pub use stats::{DroppedSpans, LaneDrops, LaneStats, Stats};
pub use tag::{Tag, TagArray, TagRef, TagValue};
pub use tag_source::{DebugTag, DisplayTag, TagInput, TagSource, debug, display};
pub use task::Carried;
#[cfg(feature = "tokio")]
pub use task::{TraceJoinSet, spawn, spawn_blocking, spawn_linked};
pub use timestamp::Timestamp;
pub use tracer::{
    Attached, BuildError, InstallError, RootBuilder, RootFuture, ShutdownWhenIdle, Tracer,
    TracerBuilder, TracerGuard, root,
};
pub use tracestate::{InvalidTraceStateEntry, ParseTraceStateError, TraceState};
pub use trust::Trust;
pub use view::{
    ColorChoice, HumanDuration, SpanTime, Summary, SummaryTable, TraceTree, TreeOptions,
};
pub use visible::visible;

#[cfg(all(feature = "macros", feature = "testing"))]
pub use trace_macros::traced_test;
#[cfg(feature = "macros")]
pub use trace_macros::{trace_root, traced};
