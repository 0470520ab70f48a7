//! `tracing` and `log` beside `trace-core`, in one trace.
//!
//! Most libraries speak `tracing`, and most programs have a subscriber. With a bridge, their spans
//! are spans of the trace that runs, and their events are its logs. Spans of both worlds are
//! parents and children of each other, as they are nested.
//!
//! ```
//! use trace_core::{MemoryCollector, Tracer, traced};
//!
//! #[traced] // ours
//! fn handle(order: u64) {
//!     load(order);
//! }
//!
//! #[tracing::instrument] // theirs: a child of `handle`, with a tag `order`
//! fn load(order: u64) {
//!     tracing::info!("cache miss"); // a log of `load`
//!     store();
//! }
//!
//! #[traced] // ours again: a child of `load`
//! fn store() {}
//!
//! let spans = MemoryCollector::new();
//! let tracer = Tracer::builder("shop").collector(spans.clone()).on_demand().build()?;
//! tracing::subscriber::with_default(trace_bridge::subscriber(), || {
//!     tracer.root("root").run_sync(|| handle(7));
//! });
//! tracer.flush(std::time::Duration::ZERO);
//! let spans = spans.spans();
//! let names: Vec<&str> = spans.iter().map(|span| &*span.operation_name).collect();
//! assert_eq!(names, ["root", "handle", "load", "store"]);
//! assert_eq!(spans[2].parent_span_id, Some(spans[1].span_id));
//! assert_eq!(spans[3].parent_span_id, Some(spans[2].span_id));
//! # Ok::<(), trace_core::BuildError>(())
//! ```
//!
//! | face | for |
//! |---|---|
//! | [`around`] | a program with a subscriber: it is put around the whole stack |
//! | [`subscriber()`] | a program without one |
//! | `layer()`, with the feature `tracing-subscriber` | a program that can only add a layer; see its limits |

mod errors;
mod role;
mod rules;
mod store;

mod callsite;
mod ids;

mod site_flags;

mod current;
mod span;

mod event;

mod state;

mod entered;
mod handle;
mod stats;

mod face;

mod builder;
#[cfg(feature = "tracing")]
mod extension;
#[cfg(feature = "tracing-subscriber")]
mod format;
#[cfg(feature = "log")]
mod log_bridge;

#[cfg(feature = "init")]
mod init;

pub use builder::Bridge;
#[cfg(feature = "tracing")]
pub use extension::SpanExt;
#[cfg(feature = "tracing-subscriber")]
pub use face::BridgeLayer;
pub use face::{Around, BridgeSubscriber};
#[cfg(feature = "tracing-subscriber")]
pub use format::{JsonWithIds, WithIds};
#[cfg(feature = "init")]
pub use init::{InitError, init};
#[cfg(feature = "log")]
pub use log_bridge::{LogBridge, log_around};
pub use rules::{EventSpan, InvalidTargets, Targets};
pub use stats::BridgeStats;

use trace_core::{SpanId, TraceId};

/// Returns the ids of the trace and span that are current, for a line of any logger; `None`
/// without a trace.
///
/// ```
/// match trace_bridge::current_ids() {
///     Some((trace_id, span_id)) => println!("trace_id={trace_id} span_id={span_id} paid"),
///     None => println!("paid"),
/// }
/// ```
#[must_use]
pub fn current_ids() -> Option<(TraceId, SpanId)> {
    let context = trace_core::span::current_context()?;
    Some((context.trace_id, context.span_id))
}

/// Makes a subscriber that stands alone, with the default rules; see [`Bridge`].
#[must_use]
pub fn subscriber() -> BridgeSubscriber {
    Bridge::new().subscriber()
}

/// Puts a bridge with the default rules around a subscriber; see [`Bridge`].
#[must_use]
pub fn around<S: tracing_core::Subscriber>(inner: S) -> Around<S> {
    Bridge::new().around(inner)
}

/// Makes a layer with the default rules; see [`BridgeLayer`].
#[cfg(feature = "tracing-subscriber")]
#[must_use]
pub fn layer() -> BridgeLayer {
    Bridge::new().layer()
}
