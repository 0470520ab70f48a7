//! The public interface of the collector that assembles traces.
//!
//! It owns the lock around the store, and releases it before it calls a hook. The store
//! decides what happens to a trace.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::completed_trace::CompletedTrace;
use super::news::{News, OpenTrace};
use super::options::TraceCollectorOptions;
use super::query::Query;
use super::stats::TraceCollectorStats;
use super::store::Store;
use super::trace::Trace;
use crate::collector::{Collector, CollectorError, SpanBatch};
use crate::process::caught::catch;
use crate::process::sync::Unpoisoned;
use crate::value::TraceId;

/// Assembles the spans of any number of processes, in any order, into traces.
///
/// A clone refers to the same collector. Give one to a tracer, and keep one to read the
/// traces.
///
/// ```
/// use trace_core::{TraceCollector, Tracer, span};
///
/// let traces = TraceCollector::new();
/// let tracer = Tracer::builder("shop").collector(traces.clone()).build()?;
/// tracer.root("checkout").run_sync(|| span::in_span("charge", || {}));
/// tracer.flush(std::time::Duration::from_secs(1));
///
/// let [done] = &traces.completed_traces()[..] else { panic!() };
/// assert!(done.completion.is_complete());
/// assert_eq!(done.trace.root().unwrap().operation_name, "checkout");
/// # Ok::<(), trace_core::BuildError>(())
/// ```
///
/// # When a trace is complete
///
/// - **At once**, when only [one tracer](TraceCollectorOptions::tracers) delivers to the
///   collector and no part of the trace runs in it any more. No other process sends spans
///   here, so missing spans of a caller or of a called service do not matter.
/// - **At once**, when several tracers deliver to the collector and the spans show that
///   nothing is missing. The root and all parents must be here, and no tracer may run a part
///   of the trace. Every client span must have a child from the service that it called, and no
///   span may be a producer.
/// - **After the quiet time**, when the root is here, no parent is missing and no tracer runs
///   a part, but another process might send more spans. A flush does not wait for this time.
/// - **Given up**, when something is missing for the
///   [`give_up_time`](TraceCollectorOptions::give_up_time), or when a limit of spans, bytes or
///   traces is reached. The trace keeps the reason. A trace is not given up for its age while
///   a tracer knows that a part of it runs.
/// - **Never complete**, when the tracer knows that spans of the trace were lost; see
///   [`Completion::SpansLost`](crate::Completion::SpansLost).
///
/// Late spans are added to the completed trace while the collector keeps it, and are counted.
/// The hook is called again as soon as no part of the trace runs. Late spans of a discarded
/// trace are passed to the hook without the earlier spans, because the collector remembers
/// only the ids of discarded traces.
///
/// The collector has no thread. It reads the clock whenever spans come, in
/// [`tick`](Self::tick) and at a flush. Its waiting times do not change when the wall clock is
/// set.
///
/// # Without a tracer
///
/// Spans of a file or of another program can be added by hand:
///
/// ```
/// use trace_core::{
///     Collector, Completion, Resource, SpanBatch, SpanId, SpanRecord, TraceCollector, TraceId,
/// };
///
/// let collector = TraceCollector::new();
/// let span = SpanRecord::new(TraceId::new(1).unwrap(), SpanId::new(1).unwrap(), "checkout");
/// collector.collect(&SpanBatch::from_records(&Resource::new("shop"), &[span]));
/// collector.flush(std::time::Duration::ZERO)?;
///
/// let completed = collector.completed_traces();
/// assert_eq!(completed[0].trace.root().unwrap().operation_name, "checkout");
/// assert_eq!(completed[0].completion, Completion::Flushed);
/// # Ok::<(), trace_core::CollectorError>(())
/// ```
#[derive(Clone)]
pub struct TraceCollector {
    shared: Arc<Shared>,
}

struct Shared {
    options: TraceCollectorOptions,
    hooks: Hooks,
    store: Mutex<Store>,
}

/// The callbacks for traces.
#[derive(Default)]
pub(crate) struct Hooks {
    /// Called with each completed trace, and again after it has changed.
    pub(crate) on_completed: Option<Hook<CompletedTrace>>,
    /// Called once with each trace that has been open for a long time.
    pub(crate) on_open: Option<Hook<OpenTrace>>,
}

type Hook<T> = Box<dyn Fn(&T) + Send + Sync>;

impl TraceCollector {
    /// Makes a collector with the default options.
    #[must_use]
    pub fn new() -> Self {
        Self::with_options(TraceCollectorOptions::default())
    }

    /// Makes a collector.
    #[must_use]
    pub fn with_options(options: TraceCollectorOptions) -> Self {
        Self::with_hooks(options, Hooks::default())
    }

    /// Makes a collector that calls `on_completed` with every trace that is completed or given
    /// up, on the thread that completes it. The hook is called once for each trace, and
    /// [again](CompletedTrace::told_before) for spans that come
    /// [late](CompletedTrace::late_spans).
    ///
    /// The hook may call methods of this collector. If it panics, it is still called with the
    /// other traces, and [`TraceCollectorStats::hook_panics`] counts the panic.
    ///
    /// [`TraceCollectorStats::hook_panics`]: crate::TraceCollectorStats::hook_panics
    ///
    /// ```
    /// use trace_core::{TraceCollector, TraceCollectorOptions};
    ///
    /// let collector = TraceCollector::with_hook(TraceCollectorOptions::default(), |completed| {
    ///     println!("{} is {}", completed.trace, completed.completion);
    /// });
    /// # let _ = collector;
    /// ```
    pub fn with_hook(
        options: TraceCollectorOptions,
        on_completed: impl Fn(&CompletedTrace) + Send + Sync + 'static,
    ) -> Self {
        let hooks = Hooks {
            on_completed: Some(Box::new(on_completed)),
            ..Hooks::default()
        };
        Self::with_hooks(options, hooks)
    }

    /// Returns the traces that are being assembled, sorted by start, then id.
    ///
    /// The returned traces do not change. If a span comes while one of them is held, the
    /// collector copies that trace.
    #[must_use]
    pub fn active_traces(&self) -> Vec<Arc<Trace>> {
        let mut traces = self.store().active();
        traces.sort_by_cached_key(|trace| (trace.start(), trace.trace_id));
        traces
    }

    /// Returns the completed traces that are kept, in the order of completion.
    #[must_use]
    pub fn completed_traces(&self) -> Vec<CompletedTrace> {
        self.store().completed()
    }

    /// Returns the completed trace with this id, if it is kept.
    #[must_use]
    pub fn completed_trace(&self, trace_id: TraceId) -> Option<CompletedTrace> {
        self.store().find(trace_id)
    }

    /// Returns the completed traces that took longer than `threshold`, the slowest first.
    #[must_use]
    pub fn slow_traces(&self, threshold: Duration) -> Vec<CompletedTrace> {
        let mut slow = self.completed_traces();
        slow.retain(|completed| completed.trace.duration() > Some(threshold));
        slow.sort_by_cached_key(|completed| std::cmp::Reverse(completed.trace.duration()));
        slow
    }

    /// Returns the completed traces that match the query, in the order of completion.
    #[must_use]
    pub fn search(&self, query: &Query) -> Vec<CompletedTrace> {
        let mut found = self.completed_traces();
        found.retain(|completed| query.matches(&completed.trace));
        found
    }

    /// Returns the counters of the collector.
    #[must_use]
    pub fn stats(&self) -> TraceCollectorStats {
        self.store().stats()
    }

    /// Completes or gives up the traces for which no span has come for their waiting time.
    ///
    /// Each batch does the same. Call this if batches may not come for a while.
    pub fn tick(&self) {
        let mut news = News::default();
        let options = &self.shared.options;
        {
            let mut store = self.store();
            let now = store.now(&options.clock);
            store.tick(now, options, &mut news);
        }
        self.announce(&news);
    }

    /// Stops waiting: completes every trace that lacks nothing, and gives up the others with
    /// [`Completion::Stopped`].
    ///
    /// Call this at the end of a file or program. Spans that come later are late, or start a
    /// new trace.
    ///
    /// [`Completion::Stopped`]: crate::Completion::Stopped
    pub fn finish(&self) {
        self.flush_store(true);
    }

    pub(crate) fn with_hooks(options: TraceCollectorOptions, hooks: Hooks) -> Self {
        Self {
            shared: Arc::new(Shared {
                options,
                hooks,
                store: Mutex::default(),
            }),
        }
    }

    /// Completes the traces that lack nothing. With `all`, gives up the others.
    fn flush_store(&self, all: bool) {
        let options = &self.shared.options;
        let news = {
            let mut store = self.store();
            let now = store.now(&options.clock);
            store.flush(all, now, options)
        };
        self.announce(&news);
    }

    /// Calls the hooks with the news. The store must not be locked, because a hook may call
    /// this collector. A hook that panics for one trace is still called with the others.
    fn announce(&self, news: &News) {
        let hooks = &self.shared.hooks;
        if let Some(on_open) = &hooks.on_open {
            news.open.iter().for_each(|open| self.tell(on_open, open));
        }
        if let Some(on_completed) = &hooks.on_completed {
            let completed = news.completed.iter();
            completed.for_each(|completed| self.tell(on_completed, completed));
        }
    }

    fn tell<T>(&self, hook: &Hook<T>, news: &T) {
        if catch(|| hook(news)).is_none() {
            self.store().hook_panics += 1;
        }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        // Code under this lock panics only when memory runs out.
        self.shared.store.lock().unpoisoned()
    }
}

impl Collector for TraceCollector {
    fn collect(&self, batch: &SpanBatch<'_>) {
        let options = &self.shared.options;
        let now = self.store().now(&options.clock);
        let mut spans = batch.spans();
        // The batch is added in pieces. Traces that a piece gives up are freed after the hooks
        // have seen them, so a large batch does not exceed `max_bytes` for long.
        let mut has_more = true;
        while has_more {
            let mut store = self.store();
            let (news, rest) = store.collect(batch, &mut spans, now, options);
            drop(store);
            self.announce(&news);
            has_more = rest;
        }
    }

    /// Completes the traces that are due. While traces are active, asks to be called again
    /// after a quarter of the quiet time, between 10 ms and 1 s.
    fn on_idle(&self) -> Option<Duration> {
        const OFTEN: Duration = Duration::from_millis(10);
        const SELDOM: Duration = Duration::from_secs(1);
        self.tick();
        let is_waiting = self.stats().active_traces > 0;
        is_waiting.then(|| (self.shared.options.quiet_time / 4).clamp(OFTEN, SELDOM))
    }

    /// If only one [tracer](TraceCollectorOptions::tracers) delivers here, completes the
    /// traces that lack nothing, without the quiet time. Keeps incomplete traces. Does not
    /// wait, so `timeout` has no effect.
    fn flush(&self, _timeout: Duration) -> Result<(), CollectorError> {
        if self.shared.options.tracers <= 1 {
            self.flush_store(false);
        }
        self.tick();
        Ok(())
    }

    /// Flushes. The shutdown of the last [tracer](TraceCollectorOptions::tracers)
    /// [finishes](Self::finish) all traces.
    fn shutdown(&self, timeout: Duration) -> Result<(), CollectorError> {
        let shutdowns = {
            let mut store = self.store();
            store.shutdowns += 1;
            store.shutdowns
        };
        if shutdowns < self.shared.options.tracers {
            return self.flush(timeout);
        }
        self.finish();
        Ok(())
    }
}

impl Default for TraceCollector {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for TraceCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceCollector")
            .field("options", &self.shared.options)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
