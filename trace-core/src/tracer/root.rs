//! Root spans: where a trace begins in this process.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::global;
use crate::context::TraceContext;
use crate::delivery::is_collecting;
use crate::record::{From, OwnedEntered, Scope, Start, TracerCore, write};
use crate::span_record::{Link, Outcome, SpanKind};
use crate::stream::Site;
use crate::tag::TagValue;
use crate::tag_source::TagInput;

/// Describes a root span of the current tracer: the one in whose trace this is
/// called, or that is [attached](crate::Tracer::attach), else the one that was
/// installed. Without any, the body just runs.
///
/// ```
/// let answer = trace_core::root("ask").run_sync(|| 42);
/// assert_eq!(answer, 42);
/// ```
#[track_caller]
pub fn root(operation_name: impl Into<Cow<'static, str>>) -> RootBuilder {
    RootBuilder::new(None, operation_name.into(), Location::caller())
}

/// Describes a root span; made by [`Tracer::root`](crate::Tracer::root) and
/// [`root`].
///
/// ```
/// use trace_core::{SpanKind, Tracer};
///
/// let tracer = Tracer::builder("shop").on_demand().build()?;
/// let answer = tracer
///     .root("GET /orders")
///     .kind(SpanKind::Server)
///     .tag("url.path", "/orders")
///     .run_sync(|| 42);
/// assert_eq!(answer, 42);
/// # Ok::<(), trace_core::BuildError>(())
/// ```
#[must_use = "a root span begins with `run` or `run_sync`"]
pub struct RootBuilder {
    /// The tracer; `None` is the one that is current at the beginning.
    tracer: Option<Arc<TracerCore>>,
    operation_name: Cow<'static, str>,
    kind: SpanKind,
    origin: Origin,
    tags: Vec<(Cow<'static, str>, TagValue)>,
    links: Vec<Link>,
    source: &'static Location<'static>,
}

/// What the trace is begun from.
enum Origin {
    Nothing,
    Remote(TraceContext),
    Given(TraceContext),
}

/// The site of roots that are described at run time.
static DESCRIBED: Site = Site::new("", SpanKind::Internal, "", 0, &[]);

impl RootBuilder {
    pub(super) fn new(
        tracer: Option<Arc<TracerCore>>,
        operation_name: Cow<'static, str>,
        source: &'static Location<'static>,
    ) -> Self {
        Self {
            tracer,
            operation_name,
            kind: SpanKind::Internal,
            origin: Origin::Nothing,
            tags: Vec::new(),
            links: Vec::new(),
            source,
        }
    }

    /// Sets the span's part in a call. Default: internal.
    pub fn kind(mut self, kind: SpanKind) -> Self {
        self.kind = kind;
        self
    }

    /// Adds a tag.
    pub fn tag(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<TagValue>) -> Self {
        self.tags.push((key.into(), value.into()));
        self
    }

    /// Adds a link to a span of another trace.
    pub fn link(mut self, link: impl Into<Link>) -> Self {
        self.links.push(link.into());
        self
    }

    /// Goes on with the trace of another process: the span is a child of the
    /// context's. `None` begins a new trace, so that what a propagator extracted
    /// can be passed on as it is.
    pub fn remote_parent(mut self, parent: impl Into<Option<TraceContext>>) -> Self {
        if let Some(parent) = parent.into() {
            self.origin = Origin::Remote(parent);
        }
        self
    }

    /// Begins the span with a context that is its own: its trace id, span id,
    /// parent and sampling decision. No sampler is asked.
    pub fn context(mut self, context: TraceContext) -> Self {
        self.origin = Origin::Given(context);
        self
    }

    /// Takes the tracer that is current now, not the one at the beginning.
    pub(crate) fn with_current_tracer(mut self) -> Self {
        self.tracer = self.tracer.or_else(global::current);
        self
    }

    /// Runs a future as the span's body. The span begins at the first poll.
    pub fn run<F: Future>(self, future: F) -> RootFuture<F> {
        RootFuture {
            run: RootRun::new(self, never_failed::<F::Output>, future),
        }
    }

    /// Runs a closure as the span's body.
    pub fn run_sync<R>(self, body: impl FnOnce() -> R) -> R {
        let _guard = RootGuard::begin(&self);
        body()
    }
}

impl fmt::Debug for RootBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RootBuilder")
            .field("operation_name", &self.operation_name)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl std::convert::From<&TraceContext> for Link {
    fn from(context: &TraceContext) -> Self {
        Self {
            trace_id: context.trace_id,
            span_id: context.span_id,
            flags: context.flags,
            tracestate: context.tracestate.clone(),
            tags: Vec::new(),
        }
    }
}

impl std::convert::From<TraceContext> for Link {
    fn from(context: TraceContext) -> Self {
        Self::from(&context)
    }
}

fn never_failed<T>(_output: &T) -> bool {
    false
}

/// What begins a root span.
pub(crate) trait Begin {
    /// Begins the scope; `None` when there is no tracer.
    fn scope(&self) -> Option<Scope>;
    /// Opens the span in the scope, which has been entered; returns it.
    fn open(&self) -> u64;
}

/// Begins the scope of a root; `None` when there is no tracer, or a collector runs.
fn scope_of(begin: &impl Begin) -> Option<Scope> {
    if is_collecting() {
        return None;
    }
    begin.scope()
}

impl Begin for RootBuilder {
    fn scope(&self) -> Option<Scope> {
        let start = Start {
            operation_name: &self.operation_name,
            kind: self.kind,
            from: match &self.origin {
                Origin::Nothing => From::Nothing,
                Origin::Remote(context) => From::Remote(context),
                Origin::Given(context) => From::Given(context),
            },
        };
        let current = self.tracer.is_none().then(global::current).flatten();
        let tracer = self.tracer.as_ref().or(current.as_ref())?;
        Some(Scope::start(tracer, start))
    }

    fn open(&self) -> u64 {
        let (span, _) = match &self.origin {
            Origin::Given(context) => write::open_as(&DESCRIBED, context.span_id),
            Origin::Nothing | Origin::Remote(_) => write::open(&DESCRIBED),
        };
        write::operation_name(&self.operation_name);
        write::source(self.source.file(), self.source.line());
        if self.kind != SpanKind::Internal {
            write::kind(self.kind);
        }
        for (key, value) in &self.tags {
            write::tag(write::Key::Text(key), TagInput::Value(value));
        }
        for link in &self.links {
            write::link(link);
        }
        span
    }
}

/// The root span of an instrumented function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SiteRoot<S>(pub(crate) S);

impl<S: Fn() -> &'static Site> Begin for SiteRoot<S> {
    fn scope(&self) -> Option<Scope> {
        let site = (self.0)();
        let start = Start {
            operation_name: site.operation_name(),
            kind: site.kind(),
            from: From::Nothing,
        };
        Some(Scope::start(&global::current()?, start))
    }

    fn open(&self) -> u64 {
        write::open((self.0)()).0
    }
}

pin_project! {
    /// A future whose life is a root span; made by [`RootBuilder::run`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct RootFuture<F>
    where
        F: Future,
    {
        #[pin]
        run: RootRun<RootBuilder, F, fn(&F::Output) -> bool>,
    }
}

impl<F: Future> Future for RootFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().run.poll(cx)
    }
}

pin_project! {
    /// A future whose life, from the first poll to its end, is a root span.
    pub(crate) struct RootRun<B, F, O> {
        #[pin]
        future: F,
        begin: Option<B>,
        observe: O,
        // Dropped after the future, which so is dropped within its span.
        state: State,
    }

    impl<B, F, O> PinnedDrop for RootRun<B, F, O> {
        fn drop(this: Pin<&mut Self>) {
            this.project().state.begin_cancel();
        }
    }
}

/// The scope of a root, and its span while that is open (else zero).
#[derive(Debug, Default)]
struct State {
    scope: Place,
    span: u64,
}

/// Where a root's scope is.
#[derive(Debug, Default)]
enum Place {
    /// It has not begun, or ended, or there is no tracer.
    #[default]
    Nowhere,
    /// Its code waits to be polled.
    Waiting(Scope),
    /// It is entered to drop its code.
    Cancelling {
        #[expect(
            dead_code,
            reason = "dropped after the span is closed: leaves the scope"
        )]
        entered: OwnedEntered,
    },
}

impl<B, F, O> RootRun<B, F, O>
where
    B: Begin,
    F: Future,
    O: Fn(&F::Output) -> bool,
{
    pub(crate) fn new(begin: B, observe: O, future: F) -> Self {
        Self {
            future,
            begin: Some(begin),
            observe,
            state: State::default(),
        }
    }
}

impl<B, F, O> Future for RootRun<B, F, O>
where
    B: Begin,
    F: Future,
    O: Fn(&F::Output) -> bool,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let state = this.state;
        if let Some(begin) = this.begin.take()
            && let Some(scope) = scope_of(&begin)
        {
            state.begin(&begin, scope);
        }
        let Place::Waiting(scope) = &mut state.scope else {
            return this.future.poll(cx);
        };
        let entered = scope.enter();
        let polling = Polling {
            span: &mut state.span,
        };
        let polled = this.future.poll(cx);
        let has_failed = match &polled {
            Poll::Ready(output) if *polling.span != 0 => (this.observe)(output),
            _ => false,
        };
        std::mem::forget(polling);
        if polled.is_ready() {
            close(&mut state.span, has_failed.into());
            drop(entered);
            state.scope = Place::Nowhere;
        }
        polled
    }
}

/// A poll of a root. If it unwinds, the span has panicked.
struct Polling<'a> {
    span: &'a mut u64,
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        close(self.span, Outcome::Panicked);
    }
}

impl std::convert::From<bool> for Outcome {
    /// The outcome of a body that returned: whether it failed.
    fn from(has_failed: bool) -> Self {
        if has_failed { Self::Error } else { Self::Ok }
    }
}

/// Closes a root's span, if it is open.
fn close(span: &mut u64, outcome: Outcome) {
    let span = std::mem::take(span);
    if span != 0 {
        write::close(span, span, outcome);
    }
}

impl State {
    fn begin(&mut self, begin: &impl Begin, mut scope: Scope) {
        if scope.is_recording() {
            let mut entered = scope.enter();
            self.span = begin.open();
            entered.set_base(self.span);
        }
        self.scope = Place::Waiting(scope);
    }

    /// Enters the scope, so that its code is dropped in it.
    fn begin_cancel(&mut self) {
        if let Place::Waiting(scope) = &mut self.scope {
            let entered = std::mem::take(scope).enter_owned();
            self.scope = Place::Cancelling { entered };
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if matches!(self.scope, Place::Cancelling { .. }) {
            close(&mut self.span, Outcome::Cancelled);
        }
    }
}

impl<B, F, O> fmt::Debug for RootRun<B, F, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RootRun").finish_non_exhaustive()
    }
}

/// The root span of code that is not async; ends when this is dropped.
#[derive(Debug)]
#[must_use = "the span ends when this is dropped: bind it with `let _guard = ..`"]
pub struct RootGuard {
    span: u64,
    has_failed: bool,
    was_panicking: bool,
    /// Dropped after the span is closed: leaves the scope.
    #[expect(dead_code, reason = "held for its destructor")]
    entered: Option<OwnedEntered>,
    /// The span is the current one of this thread.
    not_send: PhantomData<*const ()>,
}

impl RootGuard {
    pub(crate) fn begin(begin: &impl Begin) -> Self {
        let mut span = 0;
        let entered = scope_of(begin).map(|scope| {
            let is_recording = scope.is_recording();
            let entered = scope.enter_owned();
            if is_recording {
                span = begin.open();
            }
            entered
        });
        Self {
            span,
            has_failed: false,
            was_panicking: std::thread::panicking(),
            entered,
            not_send: PhantomData,
        }
    }

    /// Returns whether the span is recorded.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.span != 0
    }

    /// Says that the body returned an error.
    pub fn set_failed(&mut self) {
        self.has_failed = true;
    }
}

impl Drop for RootGuard {
    fn drop(&mut self) {
        let outcome = if std::thread::panicking() && !self.was_panicking {
            Outcome::Panicked
        } else {
            self.has_failed.into()
        };
        close(&mut self.span, outcome);
    }
}
