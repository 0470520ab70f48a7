//! The tracer of a test.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use super::assert_trace::__assert_no_orphans;
use super::test_trace;
use crate::collector::MemoryCollector;
use crate::diagnostics::stats::Stats;
use crate::process::clock::Clock;
use crate::process::id_generator::IdGenerator;
use crate::process::sync::Unpoisoned;
use crate::record::{Scope, Start, StillOpen, entered};
use crate::trace::assemble::Trace;
use crate::trace::view::TreeOptions;
use crate::tracer::{Tracer, TracerBuilder};
use crate::value::SpanRecord;

/// A [`Tracer`] that keeps what it records and delivers when it is asked, on the
/// thread that asks.
///
/// Dereferences to the tracer: [`root`](Tracer::root) begins a trace, and
/// [`attach`](Tracer::attach) makes it the tracer of the roots in a future. A clone
/// is another handle of the same one.
///
/// ```
/// # use trace_core::{trace_root, traced};
/// # #[traced]
/// # fn charge() {}
/// # #[trace_root]
/// # fn checkout() { charge() }
/// use trace_core::assert_trace;
/// use trace_core::testing::TestTracer;
///
/// let tracer = TestTracer::new();
/// tracer.attach_sync(checkout);
/// assert_trace!(tracer.trace(), r#"
///     checkout
///     └─ charge
/// "#);
/// ```
#[derive(Clone)]
pub struct TestTracer(Arc<Inner>);

struct Inner {
    /// The test's, where there is one.
    name: &'static str,
    tracer: Tracer,
    spans: MemoryCollector,
    /// Held while spans are delivered: a second delivery would be refused.
    delivery: Mutex<()>,
}

/// All test tracers of the process, to find the one that surrounds the code.
static TRACERS: Mutex<Vec<Weak<Inner>>> = Mutex::new(Vec::new());

/// Most traces that a message shows.
const MAX_SHOWN: usize = 20;

impl TestTracer {
    /// Makes a tracer of the service `test`, which records everything, with the ids
    /// and the clock that the [module](super) describes.
    #[must_use]
    pub fn new() -> Self {
        Self::with("test", |builder| builder)
    }

    /// Makes a tracer with options: a sampler, limits, a clock, more collectors.
    ///
    /// ```
    /// use std::time::Duration;
    /// use trace_core::testing::TestTracer;
    /// use trace_core::{AlwaysOff, ManualClock, Timestamp};
    ///
    /// let clock = ManualClock::starting_at(Timestamp::default());
    /// let tracer = TestTracer::with("shop", |builder| builder.clock(&clock));
    /// tracer.root("checkout").run_sync(|| clock.advance(Duration::from_millis(30)));
    /// assert_eq!(tracer.trace().duration(), Some(Duration::from_millis(30)));
    ///
    /// let tracer = TestTracer::with("shop", |builder| builder.sampler(AlwaysOff));
    /// tracer.root("checkout").run_sync(|| {});
    /// assert_eq!((tracer.traces().len(), tracer.stats().sampled_out), (0, 1));
    /// ```
    pub fn with(
        service_name: impl AsRef<str>,
        configure: impl FnOnce(TracerBuilder) -> TracerBuilder,
    ) -> Self {
        Self::build(service_name.as_ref(), "", configure)
    }

    pub(super) fn of_test(name: &'static str) -> Self {
        Self::build("test", name, |builder| builder)
    }

    #[expect(clippy::panic, reason = "a test cannot go on without its tracer")]
    fn build(
        service_name: &str,
        name: &'static str,
        configure: impl FnOnce(TracerBuilder) -> TracerBuilder,
    ) -> Self {
        let spans = MemoryCollector::new();
        let builder = Tracer::builder(service_name)
            .ids(IdGenerator::counting())
            .clock(clock());
        let built = configure(builder)
            .collector(spans.clone())
            .on_demand()
            .watched()
            .build();
        let inner = Arc::new(Inner {
            name,
            tracer: built.unwrap_or_else(|error| panic!("failed to build a tracer: {error}")),
            spans,
            delivery: Mutex::new(()),
        });
        let mut tracers = TRACERS.lock().unpoisoned();
        tracers.retain(|tracer| tracer.strong_count() > 0);
        tracers.push(Arc::downgrade(&inner));
        Self(inner)
    }

    /// Returns the test tracer that surrounds the running code.
    ///
    /// # Panics
    ///
    /// When there is none: outside a test, and in a task that does not go on with a
    /// trace.
    #[must_use]
    #[track_caller]
    #[expect(clippy::panic, reason = "the test is written wrongly")]
    pub fn current() -> Self {
        let surrounding = entered::with_tracer(Arc::clone);
        let tracers = {
            let tracers = TRACERS.lock().unpoisoned();
            tracers.clone()
        };
        let mut tracers = tracers.iter().filter_map(Weak::upgrade);
        let found = surrounding.and_then(|core| {
            tracers.find(|inner| {
                inner
                    .tracer
                    .core()
                    .is_some_and(|other| Arc::ptr_eq(other, &core))
            })
        });
        match found {
            Some(inner) => Self(inner),
            None => panic!(
                "no test tracer surrounds this code; expected a `#[traced_test]`, \
                 `TestTracer::attach`, or a task that goes on with a trace of theirs \
                 (`trace_core::spawn`; `tokio::spawn` inherits nothing)"
            ),
        }
    }

    /// Returns the tracer, for code that takes one; it may outlive this, and then records
    /// nothing.
    ///
    /// ```
    /// use trace_core::testing::TestTracer;
    /// use trace_core::{Tracer, assert_trace};
    ///
    /// struct Server {
    ///     tracer: Tracer,
    /// }
    ///
    /// impl Server {
    ///     fn serve(&self) {
    ///         self.tracer.root("serve").run_sync(|| {});
    ///     }
    /// }
    ///
    /// let test = TestTracer::new();
    /// Server { tracer: test.tracer() }.serve();
    /// assert_trace!(test.trace(), "serve");
    /// ```
    #[must_use]
    pub fn tracer(&self) -> Tracer {
        self.0.tracer.clone()
    }

    /// How many spans have not ended, or were not handed over.
    pub(super) fn open_spans(&self) -> u64 {
        self.delivered().0.open
    }

    /// A scope for the threads that run a test, outside of its body: roots that begin there
    /// are this tracer's.
    pub(super) fn around(&self) -> Scope {
        self.around_threads()()
    }

    /// The same for threads that are not there yet. Keeps no handle: the tracer ends with the
    /// test.
    pub(super) fn around_threads(&self) -> impl Fn() -> Scope + Send + Sync + use<> {
        let core = self.0.tracer.core().map(Arc::clone);
        move || core.clone().map(Scope::attached).unwrap_or_default()
    }

    pub(super) fn still_open(&self) -> StillOpen {
        let core = self.0.tracer.core();
        core.map(|core| core.still_open()).unwrap_or_default()
    }

    /// Returns the one trace there is.
    ///
    /// # Panics
    ///
    /// When there is none, or more than one, with a list of them.
    #[must_use]
    #[track_caller]
    #[expect(clippy::panic, reason = "an assertion that does not hold")]
    pub fn trace(&self) -> Trace {
        let mut traces = self.traces();
        match (traces.pop(), traces.is_empty()) {
            (Some(trace), true) => trace,
            (Some(last), false) => {
                traces.push(last);
                let shown = shown(&traces, &TreeOptions::compact());
                panic!(
                    "{} traces were recorded, expected one \
                     (`TestTracer::traces` returns all, `trace_of` the one of a root):\n\n{shown}",
                    traces.len()
                );
            }
            (None, _) => panic!("no trace was recorded: {}", self.why_nothing()),
        }
    }

    /// Returns the one trace whose root has this name, as a server's among those of its
    /// clients.
    ///
    /// ```
    /// use trace_core::assert_trace;
    /// use trace_core::testing::TestTracer;
    ///
    /// let tracer = TestTracer::new();
    /// tracer.root("client").run_sync(|| {});
    /// tracer.root("GET /orders").run_sync(|| {});
    /// assert_trace!(tracer.trace_of("GET /orders"), "GET /orders");
    /// ```
    ///
    /// # Panics
    ///
    /// When there is none, or more than one, with a list of all traces.
    #[must_use]
    #[track_caller]
    #[expect(clippy::panic, reason = "an assertion that does not hold")]
    pub fn trace_of(&self, operation_name: impl AsRef<str>) -> Trace {
        let name = operation_name.as_ref();
        let (mut of_name, mut others): (Vec<_>, Vec<_>) = self
            .traces()
            .into_iter()
            .partition(|trace| trace.root().is_some_and(|root| root.operation_name == name));
        match (of_name.pop(), of_name.len()) {
            (Some(trace), 0) => trace,
            (None, _) if others.is_empty() => {
                panic!("no trace was recorded: {}", self.why_nothing())
            }
            (last, more) => {
                let found = more + usize::from(last.is_some());
                others.splice(0..0, of_name.into_iter().chain(last));
                let shown = shown(&others, &TreeOptions::compact());
                panic!("{found} traces begin with `{name}`, expected one:\n\n{shown}")
            }
        }
    }

    /// Returns all traces, sorted by start.
    #[must_use]
    pub fn traces(&self) -> Vec<Trace> {
        test_trace::group(self.spans(), self.0.name)
    }

    /// Returns all spans that have ended and were handed over, sorted by start, then
    /// id.
    #[must_use]
    pub fn spans(&self) -> Vec<SpanRecord> {
        let (_, spans) = self.delivered();
        spans.into_iter().map(test_trace::without_parent).collect()
    }

    /// Asserts that every span's parent is in its trace.
    ///
    /// # Panics
    ///
    /// When one is missing, with the tree.
    #[track_caller]
    pub fn assert_no_orphans(&self) {
        for trace in self.traces() {
            __assert_no_orphans(&trace);
        }
    }

    /// Asserts that every span that began was delivered, refused by the sampler,
    /// dropped for a counted reason, or is still open; a `#[traced_test]` does so at
    /// its end.
    ///
    /// # Panics
    ///
    /// When the counters do not add up, which is an error in this crate.
    #[track_caller]
    pub fn assert_conservation(&self) {
        let (stats, spans) = self.delivered();
        let given = stats.delivered + stats.waiting;
        let ended = given + stats.sampled_out + stats.dropped.total();
        assert_eq!(
            stats.started,
            ended + stats.open,
            "spans that began are not those that were delivered, sampled out, dropped \
             or are open: {stats:?}"
        );
        assert_eq!(
            spans.len() as u64,
            stats.delivered + stats.dropped.collector,
            "the collector does not hold the spans that were delivered: {stats:?}"
        );
    }

    /// Begins the scope of a test's body: roots in it are this tracer's, and spans
    /// without a root belong to the test's own trace.
    pub(super) fn scope(&self) -> Scope {
        let start = Start {
            tags: crate::sampler::SamplingTags::NONE,
            operation_name: self.0.name,
            kind: crate::SpanKind::Internal,
            parentage: crate::record::Parentage::Given(&test_trace::context()),
            baggage: None,
        };
        let core = self.0.tracer.core();
        core.map(|core| Scope::start(core, start))
            .unwrap_or_default()
    }

    /// Returns the traces as text, for somebody who looks for a mistake.
    pub(super) fn shown(&self) -> String {
        let options = TreeOptions {
            tags: true,
            logs: true,
            ..TreeOptions::default()
        };
        shown(&self.traces(), &options)
    }

    /// Delivers; returns the counters and everything delivered so far.
    fn delivered(&self) -> (Stats, Vec<SpanRecord>) {
        let inner = &self.0;
        let _delivery = inner.delivery.lock().unpoisoned();
        // What could not be delivered shows in what is returned.
        let _report = inner.tracer.flush(Duration::ZERO);
        (inner.tracer.stats(), inner.spans.spans())
    }

    fn why_nothing(&self) -> String {
        let stats = self.stats();
        if stats.started == 0 {
            "nothing was traced; expected the test to run a `#[trace_root]` function or, \
             in a `#[traced_test]`, a `#[traced]` one, and no `tokio::spawn` in between, \
             which inherits nothing"
                .to_owned()
        } else if stats.open > 0 {
            let open = stats.open;
            format!("spans that have not ended, or whose task has not: {open}; await them before")
        } else if stats.sampled_out > 0 {
            format!("traces that the sampler refused: {}", stats.sampled_out)
        } else {
            format!("spans that were lost: {:?}", stats.dropped)
        }
    }
}

impl Drop for Inner {
    /// Shuts down here, so that nothing more is said of what is lost: the test says it.
    fn drop(&mut self) {
        self.tracer.shut_down_unsaid();
    }
}

fn shown(traces: &[Trace], options: &TreeOptions) -> String {
    let trees = traces.iter().take(MAX_SHOWN);
    let mut text: Vec<String> = trees
        .map(|trace| trace.tree_with(options.clone()).to_string())
        .collect();
    if let more @ 1.. = traces.len().saturating_sub(MAX_SHOWN) {
        text.push(format!("… {more} more"));
    }
    text.join("\n")
}

/// Follows tokio's clock, and so a test's paused time.
#[cfg(feature = "tokio")]
fn clock() -> Clock {
    /// 2000-01-01T00:00:00Z.
    const START: crate::Timestamp = crate::Timestamp::from_unix_nanos(946_684_800_000_000_000);
    Clock::tokio(START)
}

#[cfg(not(feature = "tokio"))]
fn clock() -> Clock {
    Clock::system()
}

impl Default for TestTracer {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for TestTracer {
    type Target = Tracer;

    fn deref(&self) -> &Tracer {
        &self.0.tracer
    }
}

impl fmt::Debug for TestTracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestTracer")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
