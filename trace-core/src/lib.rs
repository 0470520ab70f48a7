//! Distributed tracing for async Rust: put one attribute on a function, set a tracer up once,
//! and get complete traces.
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
//! # Where to look
//!
//! | to | use |
//! |---|---|
//! | make functions spans | [`traced`]; [`trace_root`] where a trace begins |
//! | add tags, logs and errors to the running span | the functions of [`span`] |
//! | set up a tracer | [`Tracer::builder`] |
//! | — choose which traces are recorded | a [`Sampler`], such as [`HeadSampler`] |
//! | — choose where spans go | [`TraceCollector`], [`MemoryCollector`], or your own [`Collector`] |
//! | trace other tasks and threads | [`spawn`], [`TraceFuture`], [`TraceStream`], [`TraceJoinSet`] |
//! | trace messages | [`Carried`] |
//! | trace calls between services | [`propagation`] |
//! | begin a trace without an attribute | [`root`], [`Tracer::root`] |
//! | trace work that is not a function | [`OpenSpan`] |
//! | print and compare traces | [`Trace::tree`], [`Summary`] |
//! | keep secrets out of what is delivered | [`redaction`], [`TracerBuilder::redact`] |
//! | find out why a span is missing | [`diagnostics`], [`Tracer::doctor`], [`Tracer::stats`] |
//! | test instrumented code | `trace_core::testing`, with the feature `testing` |
//!
//! # Features
//!
//! `macros`, `record`, `serde` and `tokio` are on by default. `testing` adds tools for tests of
//! instrumented code (`trace_core::testing`), and turns `record` on. With `portable-clock`,
//! times come from the operating system's clock instead of the processor's counter.
//!
//! Without `record`, nothing is recorded and no code for it remains. The attributes check their
//! arguments and return the function unchanged. The functions of [`span`] are empty. A
//! [`Tracer`] has no thread and reports zeros. The futures of this crate are no larger than
//! those that they wrap. The API is the same, and plain values work as before: ids,
//! [`TraceContext`] and [`propagation`], samplers, [`Trace`]. So a library can depend on this
//! crate without its default features, at no cost until an application records.

// The modules are in reading order: each uses only those before it. The test
// `tests/it/module_order` checks that. Blank lines keep rustfmt from sorting them.

// The ground. Plain values: ids, tags, records, contexts, limits.
mod value;

// What a process has once: clocks, random bits, its end, its forks, locks.
mod process;

// Whether a trace is recorded.
mod sampler;

// The form in which recorded spans wait, as words in chunks; and its decoder.
mod stream;

// Reports of what is not recorded or lost, and the counters.
pub mod diagnostics;

// What is sent to other processes, and read from them.
pub mod propagation;

// The trait `Collector`, which receives finished spans.
mod collector;

// The way to them: the queue, the worker's thread, and a lane for each of several collectors.
mod delivery;

// Recording, on the application's threads: threads, scopes, spans.
mod record;

// The public side of recording: the running span, and spans that are held.
pub mod span;

// The handle of a tracer, and its options.
mod tracer;

// Spans with which a trace begins or enters the process.
mod root;

// Tasks and messages that continue a trace.
mod task;

// Finished traces: assembled from spans, and shown as text.
mod trace;

// For the generated code of the attributes, and for tests.
#[doc(hidden)]
pub mod __private;
#[cfg(not(feature = "testing"))]
#[path = "testing/off.rs"]
mod no_testing;
#[cfg(feature = "testing")]
pub mod testing;

pub use collector::{
    BatchResource, Collector, CollectorError, CollectorFn, MemoryCollector, SpanBatch, SpanView,
    TracerCounts, collector_fn,
};
pub use delivery::{FlushReport, LateCollector};
pub use diagnostics::stats::{CallerStats, DroppedSpans, LaneDrops, LaneStats, Stats};
pub use process::clock::{Clock, ManualClock};
pub use process::id_generator::IdGenerator;
pub use propagation::link_source::LinkSource;
pub use propagation::trust::Trust;
pub use root::{RootBuilder, RootFuture, root};
pub use sampler::{
    AlwaysOff, AlwaysOn, HeadSampler, InvalidSampleRate, ParentBased, Probabilistic, RateLimited,
    Sampler, SamplerFn, SamplingDecision, SamplingInput, SamplingStrategy, SamplingTags,
    sampler_fn,
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
pub use value::redaction;
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
