//! The tracer of a test: how it is made, found and ended.
//!
//! The methods that read its traces are in [`recorded`](super::recorded).

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, Weak};

use super::test_trace;
use crate::collector::MemoryCollector;
use crate::process::clock::Clock;
use crate::process::id_generator::IdGenerator;
use crate::process::sync::Unpoisoned;
use crate::record::{Scope, Start, StillOpen, entered};
use crate::tracer::{Tracer, TracerBuilder};

/// A [`Tracer`] that keeps its spans. It delivers only when a test reads them, on the thread
/// of the test.
///
/// It dereferences to [`Tracer`]: [`root`](Tracer::root) begins a trace, and
/// [`attach`](Tracer::attach) makes this the tracer of the roots in a future. A clone is
/// another handle to the same tracer. The tracer ends with its last handle.
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
pub struct TestTracer(pub(super) Arc<Inner>);

pub(super) struct Inner {
    /// The name of the test; empty if there is none.
    pub(super) name: &'static str,
    pub(super) tracer: Tracer,
    pub(super) spans: MemoryCollector,
    /// Locked during a delivery, because a second delivery at the same time would be refused.
    pub(super) delivery: Mutex<()>,
}

/// All test tracers of the process. [`TestTracer::current`] searches here for the current one.
/// The list keeps no tracer alive.
static TRACERS: Mutex<Vec<Weak<Inner>>> = Mutex::new(Vec::new());

impl TestTracer {
    /// Makes a tracer for the service `test` that records everything. The [module](super)
    /// describes its ids and its clock.
    #[must_use]
    pub fn new() -> Self {
        Self::with("test", |builder| builder)
    }

    /// Makes a tracer with options, such as a sampler, limits, a clock, or more collectors.
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

    /// Makes the tracer of the test with this name.
    pub(super) fn with_name(name: &'static str) -> Self {
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

    /// Returns the test tracer of the running code.
    ///
    /// # Panics
    ///
    /// If there is none, as outside of a test, or in a task that does not continue a trace.
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

    /// Returns the tracer, for code that needs a [`Tracer`]. It may outlive this handle. It
    /// records nothing after the last handle is dropped.
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

    /// Makes a scope for the thread that runs a test, outside of its body. Roots that begin
    /// there belong to this tracer.
    pub(super) fn surrounding_scope(&self) -> Scope {
        self.surrounding_scopes()()
    }

    /// Returns a function that makes such scopes for threads that start later. The function
    /// holds no handle, so the tracer still ends with the test.
    pub(super) fn surrounding_scopes(&self) -> impl Fn() -> Scope + Send + Sync + use<> {
        let core = self.0.tracer.core().map(Arc::clone);
        move || core.clone().map(Scope::attached).unwrap_or_default()
    }

    /// Returns what is open, without the calling code.
    pub(super) fn still_open(&self) -> StillOpen {
        let core = self.0.tracer.core();
        core.map(|core| core.still_open()).unwrap_or_default()
    }

    /// Begins the scope of a test's body. Roots in it belong to this tracer, and spans without
    /// a root belong to the test's own trace.
    pub(super) fn body_scope(&self) -> Scope {
        let start = Start {
            tags: crate::sampler::SamplingTags::NONE,
            operation_name: self.0.name,
            kind: crate::SpanKind::Internal,
            parentage: crate::record::Parentage::Given(&test_trace::context()),
            baggage: None,
            cap: None,
        };
        let core = self.0.tracer.core();
        core.map(|core| Scope::start(core, start))
            .unwrap_or_default()
    }
}

impl Drop for Inner {
    /// Shuts the tracer down without a message about lost spans, because the test reports
    /// them.
    fn drop(&mut self) {
        self.tracer.shut_down_unsaid();
    }
}

/// Returns a clock that follows tokio's clock, and therefore a test's paused time.
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
