//! The options of a tracer, and how it is built.
//!
//! Owns the defaults. `install` is in `global.rs`; `delivery` starts the threads.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::ending::{Delivery, Ending};
use super::tracer::{Handle, Tracer};
use crate::collector::Collector;
use crate::delivery::{Worker, WorkerOptions, drop_collectors};
use crate::diagnostics;
use crate::process::caught::drop_quietly;
use crate::process::clock::Clock;
use crate::process::fork;
use crate::process::fork::Generation;
use crate::process::id_generator::IdGenerator;
use crate::propagation::Propagator;
#[cfg(feature = "testing")]
use crate::record::Watch;
use crate::record::{IfRecording, RECORDING_BUILT, TracerCore, TrustAllowances};
use crate::sampler::{AlwaysOn, ParentBased, Sampler};
use crate::value::Limits;
use crate::value::redaction::Redactor;
use crate::value::{Resource, Tag, TagValue};

/// Options of a tracer; made by [`Tracer::builder`].
///
/// ```
/// use trace_core::{HeadSampler, TraceCollector, Tracer};
///
/// let tracer = Tracer::builder("shop")
///     .tag("service.version", env!("CARGO_PKG_VERSION"))
///     .sampler(HeadSampler::new(0.1)?) // one trace in ten
///     .collector(TraceCollector::printing())
///     .build()?; // or `install()?`, for the whole process
/// assert_eq!(tracer.stats().started, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a builder does nothing before `build` or `install`"]
pub struct TracerBuilder(IfRecording<Options>);

/// See [`TracerBuilder`].
struct Options {
    resource: Resource,
    sampler: Box<dyn Sampler>,
    collectors: Vec<Box<dyn Collector>>,
    redactor: Option<Box<dyn Redactor>>,
    propagator: Option<Arc<dyn Propagator>>,
    limits: Limits,
    clock: Clock,
    ids: IdGenerator,
    max_queue_spans: usize,
    max_queue_bytes: usize,
    scheduled_delay: Duration,
    shutdown_timeout: Duration,
    has_thread: bool,
    is_disabled: bool,
    /// Whether the tracer tracks open traces and tasks, so that a test can wait for them.
    #[cfg(feature = "testing")]
    is_watched: bool,
}

/// The error for a tracer that could not be built.
#[derive(Debug)]
pub struct BuildError(std::io::Error);

impl Options {
    fn new(service_name: &str) -> Self {
        Self {
            resource: Resource::new(service_name),
            sampler: Box::new(ParentBased::new(AlwaysOn)),
            collectors: Vec::new(),
            redactor: None,
            propagator: None,
            limits: Limits::default(),
            clock: Clock::system(),
            ids: IdGenerator::random(),
            max_queue_spans: 262_144,
            max_queue_bytes: 64 * 1_024 * 1_024,
            scheduled_delay: Duration::from_millis(100),
            shutdown_timeout: Duration::from_secs(5),
            has_thread: true,
            is_disabled: false,
            #[cfg(feature = "testing")]
            is_watched: false,
        }
    }
}

impl Tracer {
    /// Returns a builder for a tracer of the service with this name.
    pub fn builder(service_name: impl AsRef<str>) -> TracerBuilder {
        TracerBuilder::new(service_name.as_ref())
    }
}

impl TracerBuilder {
    fn new(service_name: &str) -> Self {
        Self(IfRecording::from_fn(|| Options::new(service_name)))
    }

    fn set(mut self, change: impl FnOnce(&mut Options)) -> Self {
        if let Some(options) = self.0.get_mut() {
            change(options);
        }
        self
    }

    /// Sets the sampler, which decides which traces are recorded. Default: the caller's
    /// decision if there is one, otherwise all traces.
    pub fn sampler(self, sampler: impl Sampler + 'static) -> Self {
        self.set(|options| options.sampler = Box::new(sampler))
    }

    /// Adds a collector. Each collector gets every span. Without a collector, spans count
    /// as delivered and are discarded.
    ///
    /// A single collector is called on the tracer's thread. If there are several collectors,
    /// each has its own thread and queue, unless it [is quick](Collector::is_quick). So no
    /// collector delays another.
    pub fn collector(self, collector: impl Collector + 'static) -> Self {
        self.set(|options| options.collectors.push(Box::new(collector)))
    }

    /// Removes secrets from spans, once, before any collector gets them; see
    /// [`redaction`](crate::redaction). Replaces a redactor that was set before. Default: no
    /// redactor, and nothing is removed.
    ///
    /// The tags of the resource are redacted when the tracer is built. The sampler gets the
    /// original values.
    pub fn redact(self, redactor: impl Redactor + 'static) -> Self {
        self.set(|options| options.redactor = Some(Box::new(redactor)))
    }

    /// Sets which headers carry contexts in this process: what
    /// [`propagation::extract`](crate::propagation::extract),
    /// [`span::inject`](crate::span::inject) and the layers of `trace-http` use unless they are
    /// told another propagator. Default: [`W3cPropagator`](crate::propagation::W3cPropagator).
    ///
    /// A process has one, from [`install`](Self::install) until the guard is dropped; see
    /// [`InstalledPropagator`](crate::propagation::InstalledPropagator).
    /// [`build`](Self::build) does not use it.
    pub fn propagator(self, propagator: impl Propagator + 'static) -> Self {
        self.set(|options| options.propagator = Some(Arc::new(propagator)))
    }

    /// Sets how much a span may hold. Default: [`Limits::default`]. [`Limits::from_env`] reads
    /// limits from environment variables.
    pub fn limits(self, limits: Limits) -> Self {
        self.set(|options| options.limits = limits)
    }

    /// Sets the source of times. Default: [`Clock::system`].
    pub fn clock(self, clock: impl Into<Clock>) -> Self {
        self.set(|options| options.clock = clock.into())
    }

    /// Sets the source of ids. Default: [`IdGenerator::random`].
    pub fn ids(self, ids: IdGenerator) -> Self {
        self.set(|options| options.ids = ids)
    }

    /// Adds a tag to the resource, which describes the service, for example
    /// `service.version`. It takes the place of an earlier tag with the same key.
    pub fn tag(self, key: impl Into<Cow<'static, str>>, value: impl Into<TagValue>) -> Self {
        let tag = Tag::new(key, value);
        self.set(|options| {
            let tags = &mut options.resource.tags;
            match tags.iter_mut().find(|earlier| earlier.key == tag.key) {
                Some(earlier) => *earlier = tag,
                None => tags.push(tag),
            }
        })
    }

    /// Sets how many spans may wait to be read, and how many may wait for each collector
    /// that has its own thread. Spans above this limit are dropped and counted. Default:
    /// 262,144 spans, which take 10 to 30 MB without texts.
    pub fn max_queue_spans(self, spans: usize) -> Self {
        self.set(|options| options.max_queue_spans = spans)
    }

    /// Sets how many bytes may be allocated for spans that wait for the collectors or are
    /// being delivered. Spans above this limit are dropped and counted. If the limit is at
    /// least 16 KiB, at least half of these bytes hold spans. Default: 64 MiB.
    ///
    /// Collectors that have their own threads share half of this limit equally. Spans above
    /// the share of one collector are dropped for that collector only. Spans that wait for
    /// several collectors are allocated once.
    pub fn max_queue_bytes(self, bytes: usize) -> Self {
        self.set(|options| options.max_queue_bytes = bytes)
    }

    /// Sets how long the worker gathers a batch before the collectors get it. After the same
    /// time, a running scope hands over its recorded spans, at the end of a poll. Default: 100
    /// ms. A queue that is half full is delivered at once.
    pub fn scheduled_delay(self, delay: Duration) -> Self {
        self.set(|options| options.scheduled_delay = delay)
    }

    /// Sets how long the tracer waits for its collectors when its last handle or its guard is
    /// dropped, and after [`shutdown_when_idle`](Tracer::shutdown_when_idle). Default: 5 s.
    ///
    /// The tracer waits once: after a shutdown that took this time, a drop does not wait.
    pub fn shutdown_timeout(self, timeout: Duration) -> Self {
        self.set(|options| options.shutdown_timeout = timeout)
    }

    /// Delivers on the thread that calls [`Tracer::flush`]; the tracer has no thread of its
    /// own. For tests.
    pub fn on_demand(self) -> Self {
        self.set(|options| options.has_thread = false)
    }

    /// Makes a tracer that records nothing, as if there were none: the contexts and the baggage
    /// of callers pass unchanged, and no context is invented where none came. The collectors
    /// and the sampler are dropped when it is built. `OTEL_SDK_DISABLED` asks for this.
    ///
    /// ```
    /// use trace_core::{MemoryCollector, Tracer};
    ///
    /// let spans = MemoryCollector::new();
    /// let tracing = Tracer::builder("shop").collector(spans.clone()).disabled().install()?;
    /// trace_core::root("checkout").run_sync(|| {});
    /// drop(tracing);
    /// assert!(spans.spans().is_empty());
    /// # Ok::<(), trace_core::InstallError>(())
    /// ```
    pub fn disabled(self) -> Self {
        self.set(|options| options.is_disabled = true)
    }

    /// Makes the tracer track open traces and tasks, so that a test can wait for them.
    #[cfg(feature = "testing")]
    pub(crate) fn watched(self) -> Self {
        self.set(|options| options.is_watched = true)
    }

    /// Builds a tracer that is used only through its handles. If a handle still exists when
    /// the process ends, for example in a `static`, undelivered spans are lost.
    ///
    /// # Errors
    ///
    /// If the operating system cannot start a thread.
    #[track_caller]
    pub fn build(self) -> Result<Tracer, BuildError> {
        self.say_mistakes(Location::caller());
        self.0.try_map(Options::build).map(Tracer)
    }

    /// Returns whether the tracer is to record nothing.
    pub(super) fn is_disabled(&self) -> bool {
        self.0.get().is_some_and(|options| options.is_disabled)
    }

    /// Takes out the propagator, which is not the tracer's, but the process's.
    pub(super) fn take_propagator(&mut self) -> Option<Arc<dyn Propagator>> {
        self.0.get_mut()?.propagator.take()
    }

    /// Drops the collectors, the sampler and the propagator. They are application code, and their destructors
    /// may panic or begin roots. So the caller must not hold a lock.
    pub(super) fn discard(self) {
        if let Some(options) = self.0.into_inner() {
            options.discard();
        }
    }

    /// Reports options that look like a mistake to `diagnostics`.
    pub(super) fn say_mistakes(&self, source: &Location<'_>) {
        match self.0.get() {
            None if !RECORDING_BUILT => diagnostics::not_built_in(source),
            Some(options) if options.is_disabled => {}
            Some(options) if options.collectors.is_empty() => diagnostics::no_collector(source),
            _ => {}
        }
    }
}

impl Options {
    fn discard(self) {
        drop_collectors(self.collectors);
        drop_quietly(self.sampler);
        drop_quietly(self.redactor);
        drop_quietly(self.propagator);
    }

    /// Builds the tracer; `None` if it is disabled.
    fn build(self) -> Result<Option<Handle>, BuildError> {
        if self.is_disabled {
            self.discard();
            return Ok(None);
        }
        drop_quietly(self.propagator);
        fork::call_in_children(super::in_child);
        let generation = Generation::current();
        let options = WorkerOptions {
            clock: self.clock.clone(),
            resource: self.resource,
            limits: self.limits.clone(),
            redactor: self.redactor,
            scheduled_delay: self.scheduled_delay,
            max_queue_spans: self.max_queue_spans,
            max_queue_bytes: self.max_queue_bytes,
            has_threads: self.has_thread,
        };
        let worker = Worker::new(options, self.collectors);
        let queue = Arc::clone(worker.queue());
        // Made before the worker starts: if the start fails, the core drops the sampler and
        // catches its panics.
        let core = Arc::new(TracerCore {
            sampler: self.sampler,
            ids: self.ids,
            clock: self.clock,
            limits: self.limits,
            trust_allowances: TrustAllowances::default(),
            scheduled_delay: self.scheduled_delay,
            queue,
            generation,
            has_ended: AtomicBool::new(false),
            #[cfg(feature = "testing")]
            watch: self.is_watched.then(Watch::default),
        });
        let delivery = if self.has_thread {
            let threads = worker.start().map_err(BuildError)?;
            Delivery::Threads(Mutex::new(Some(threads)))
        } else {
            Delivery::OnDemand(Mutex::new(Box::new(worker)))
        };
        Ok(Some(Handle::new(Ending {
            core,
            delivery: Arc::new(delivery),
            shutdown_timeout: self.shutdown_timeout,
        })))
    }
}

impl fmt::Debug for TracerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("TracerBuilder");
        if let Some(options) = self.0.get() {
            shown.field("resource", &options.resource);
            shown.field("collectors", &options.collectors.len());
            shown.field("limits", &options.limits);
        }
        shown.finish_non_exhaustive()
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operating system gives no thread for the tracer")
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}
