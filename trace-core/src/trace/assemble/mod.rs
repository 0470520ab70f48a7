//! Assembles spans into traces.
//!
//! [`Trace`] is the tree of one trace id, with self times and a critical path. It converts the
//! times of all spans to one clock. [`TraceCollector`] makes traces from the spans of any
//! number of processes. Assembling is a pure function of the spans: every order of arrival
//! gives the same trace and the same [`Problem`]s. Text is written in
//! [`view`](crate::trace::view).

mod active_trace;
mod active_traces;
mod allocation;
mod batch_source;
mod completed_trace;
mod completeness;
mod critical_path;
mod discarded_traces;
mod duplicates;
mod early_losses;
mod foreign_span;
mod forest;
mod hierarchy;
mod index;
mod kept_traces;
mod news;
mod options;
mod problem;
mod problem_search;
mod query;
mod running_traces;
mod self_time;
mod service_names;
mod span_bytes;
mod stats;
mod store;
mod timeline;
mod times;
mod trace;
mod trace_collector;

pub use completed_trace::{CompletedTrace, Completion};
pub use critical_path::CriticalPathSection;
pub use foreign_span::ForeignSpanError;
pub(crate) use news::OpenTrace;
pub use options::TraceCollectorOptions;
pub use problem::Problem;
pub use query::Query;
pub use stats::TraceCollectorStats;
pub(crate) use timeline::Interval;
pub use trace::{AddedSpan, Trace};
pub(crate) use trace_collector::Hooks;
pub use trace_collector::TraceCollector;
