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

// The ground: plain values, and what a process has once.
mod value;

mod process;

// Whether a trace is recorded.
mod sampler;

// The form in which spans wait, and what is said of those that are lost.
mod stream;

pub mod diagnostics;

// What travels to other processes, and back.
pub mod propagation;

// Who takes finished spans, and how they get there.
mod collector;

mod delivery;

// Recording, on the application's threads.
mod record;

// What of it is public: the span that runs, the one that is held, and where they begin.
pub mod span;
mod tracer;

mod root;

mod task;

// Whole traces.
mod trace;

// What the attributes and tests use.
#[doc(hidden)]
pub mod __private;
#[cfg(not(feature = "testing"))]
#[path = "testing/off.rs"]
mod no_testing;
#[cfg(feature = "testing")]
pub mod testing;

pub use collector::{
    BatchResource, Collector, CollectorError, CollectorFn, MemoryCollector, SpanBatch, SpanView,
    collector_fn,
};
pub use delivery::{FlushReport, LateCollector};
pub use diagnostics::stats::{DroppedSpans, LaneDrops, LaneStats, Stats};
pub use process::clock::{Clock, ManualClock};
pub use process::id_generator::IdGenerator;
pub use propagation::link_source::LinkSource;
pub use propagation::trust::Trust;
pub use root::{RootBuilder, RootFuture, root};
pub use sampler::{
    AlwaysOff, AlwaysOn, HeadSampler, InvalidSampleRate, ParentBased, Probabilistic, RateLimited,
    Sampler, SamplerFn, SamplingDecision, SamplingInput, SamplingStrategy, sampler_fn,
};
pub use span::builder::SpanBuilder;
pub use span::guard::{Entered, EnteredSpan};
pub use span::open_span::OpenSpan;
pub use span::{InCurrentTrace, InSpan, TraceFuture, TraceStream};
pub use stream::decode::TraceLosses;
pub use task::Carried;
#[cfg(feature = "tokio")]
pub use task::{TraceJoinSet, spawn, spawn_blocking, spawn_linked};
pub use trace::assemble::{
    AddedSpan, CompletedTrace, Completion, CriticalPathSection, ForeignSpanError, Problem, Query,
    Trace, TraceCollector, TraceCollectorOptions, TraceCollectorStats,
};
pub use trace::view::{
    ColorChoice, HumanDuration, SpanTime, Summary, SummaryTable, TraceTree, TreeOptions,
};
pub use tracer::{
    Attached, BuildError, InstallError, ShutdownWhenIdle, Tracer, TracerBuilder, TracerGuard,
};
pub use value::conventions;
pub use value::{
    Baggage, DebugTag, DisplayTag, DroppedItems, InvalidBaggage, InvalidTraceStateEntry, Limits,
    Link, Log, Outcome, ParseIdError, ParseTraceStateError, Resource, Source, SpanId, SpanKind,
    SpanRecord, Status, StatusRef, Tag, TagArray, TagInput, TagRef, TagSource, TagValue, Timestamp,
    TraceContext, TraceFlags, TraceId, TraceState, debug, display, visible,
};

#[cfg(all(feature = "macros", feature = "testing"))]
pub use trace_macros::traced_test;
#[cfg(feature = "macros")]
pub use trace_macros::{trace_root, traced};
