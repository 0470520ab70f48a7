//! Runs a program, with its model beside it.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use tokio::runtime::Runtime;
use trace_core::{OpenSpan, Outcome, TraceFuture, Tracer, span, traced};
use tracing::span::EnteredSpan;
use tracing::{Dispatch, Instrument, Span};

use super::model::{self, At, Key, Model, Number};
use super::program::{Act, Body, Wrapped};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(8).build().unwrap()
});

/// The payload of the program's own panics.
struct Oops;

#[traced(tags(n = n as i64))]
fn ours<R>(n: Number, body: impl FnOnce() -> R) -> R {
    body()
}

#[traced(tags(n = n as i64))]
async fn ours_async(n: Number, body: impl Future<Output = ()>) {
    body.await;
}

/// What the code of a program shares.
pub(super) struct World {
    pub(super) model: Mutex<Model>,
    pub(super) tracer: Tracer,
    pub(super) dispatch: Dispatch,
    /// Whether spans of `tracing` are roots where no trace runs.
    pub(super) has_roots: bool,
    /// Whether a registry is compared, which keeps another one current when a span is entered
    /// within itself.
    pub(super) is_pure: bool,
    pub(super) has_bridge: bool,
    pub(super) is_layer: bool,
    /// Whether guards stay after their bodies, until anything on the thread drops them, in any
    /// order. The model does not know what is current then.
    pub(super) is_wild: bool,
    /// Whether a task runs. Bodies that run at once share it.
    pub(super) has_task: AtomicBool,
}

impl World {
    fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap()
    }

    /// Runs code where nothing is entered, as at the beginning of a thread.
    pub(super) fn on_new_thread<R>(&self, body: impl FnOnce() -> R) -> R {
        tracing::dispatcher::with_default(&self.dispatch, || {
            self.attached(|| {
                let _drops = DropsEscaped;
                body()
            })
        })
    }

    fn attached<R>(&self, body: impl FnOnce() -> R) -> R {
        match self.has_roots {
            true => self.tracer.attach_sync(body),
            false => body(),
        }
    }
}

thread_local! {
    /// Guards that stay after their bodies.
    static ESCAPED: RefCell<Vec<EnteredSpan>> = const { RefCell::new(Vec::new()) };
}

fn escape(guard: EnteredSpan) {
    ESCAPED.with_borrow_mut(|escaped| escaped.push(guard));
}

fn drop_escaped(which: usize) -> bool {
    let guard = ESCAPED.with_borrow_mut(|escaped| take(escaped, which));
    guard.is_some()
}

/// Drops all guards of this thread that have escaped.
struct DropsEscaped;

impl Drop for DropsEscaped {
    fn drop(&mut self) {
        while drop_escaped(0) {}
    }
}

/// A handle of `tracing`.
#[derive(Clone)]
struct Theirs {
    span: Span,
    is: Is,
}

#[derive(Clone, Copy)]
enum Is {
    /// Not recorded.
    Nothing,
    Own(Number),
    Captured(u64, Number),
}

impl Is {
    fn key(self) -> Option<(Key, Number)> {
        match self {
            Self::Nothing => None,
            Self::Own(number) => Some((Key::Theirs(number), number)),
            Self::Captured(key, number) => Some((Key::Captured(key), number)),
        }
    }
}

/// A held span of ours.
struct Held {
    world: Arc<World>,
    real: OpenSpan,
    number: Option<Number>,
}

impl Held {
    fn end(&self, outcome: Outcome) {
        let Some(number) = self.number else { return };
        while model::leave(Key::Held(number)) {}
        let mut model = self.world.model();
        if !model.get(number).has_ended {
            model.end(number, outcome);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.end(match std::thread::panicking() {
            true => Outcome::Panicked,
            false => Outcome::Cancelled,
        });
    }
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What the commands of a body name.
#[derive(Default)]
pub(super) struct Values {
    spans: Vec<Theirs>,
    held: Vec<Arc<Held>>,
    futures: Vec<Task>,
}

impl Values {
    fn span(&self, which: usize) -> Option<&Theirs> {
        self.spans.get(which.checked_rem(self.spans.len())?)
    }

    fn handles(&self) -> Self {
        Self {
            spans: self.spans.clone(),
            ..Self::default()
        }
    }
}

fn take<T>(list: &mut Vec<T>, which: usize) -> Option<T> {
    let at = which.checked_rem(list.len())?;
    Some(list.remove(at))
}

/// What a body has entered.
struct Frame<'a> {
    world: &'a World,
    guards: Vec<(EnteredSpan, Is)>,
    held: Vec<Arc<Held>>,
}

impl<'a> Frame<'a> {
    fn new(world: &'a World) -> Self {
        Self {
            world,
            guards: Vec::new(),
            held: Vec::new(),
        }
    }

    /// Leaves everything, in an order that is mostly wrong.
    fn leave(&mut self) {
        if self.world.is_wild && !std::thread::panicking() {
            // Half of them.
            while let Some((guard, _)) = self.guards.pop() {
                escape(guard);
                drop(self.guards.pop());
            }
        }
        while let Some((guard, is)) = take(&mut self.guards, 0) {
            leave(self.world, is);
            drop(guard);
            if let Some((guard, is)) = self.guards.pop() {
                leave(self.world, is);
                drop(guard);
            }
        }
        while let Some(held) = take(&mut self.held, 0) {
            leave_held(&held);
        }
    }
}

impl Drop for Frame<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

fn enter(is: Is) {
    if let Some((key, number)) = is.key() {
        model::enter(key, Some(number));
    }
}

fn leave(world: &World, is: Is) {
    if let Some((key, number)) = is.key() {
        model::leave(key);
        if let Is::Own(_) = is {
            world.model().left(number);
        }
    }
}

fn leave_held(held: &Held) {
    held.real.exit();
    if let Some(number) = held.number {
        model::leave(Key::Held(number));
    }
}

/// Whether entering it would differ in a registry.
fn is_twice(world: &World, is: Is) -> bool {
    world.is_pure && is.key().is_some_and(|(key, _)| model::is_entered(key))
}

/// Enters a handle, and leaves it when this is dropped. The real one is entered after it, and
/// left before.
struct Visit<'a>(&'a World, Is);

impl<'a> Visit<'a> {
    fn enter(world: &'a World, is: Is) -> Self {
        enter(is);
        Self(world, is)
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        leave(self.0, self.1);
    }
}

/// Runs a body here.
pub(super) fn run(world: &Arc<World>, values: &mut Values, body: &Body) {
    let mut frame = Frame::new(world);
    for act in body {
        act_here(world, values, &mut frame, act);
        check_current(world, act);
    }
}

async fn run_async(world: Arc<World>, mut values: Values, body: Body) {
    for act in &body {
        match act {
            Act::Yield => tokio::task::yield_now().await,
            act => {
                // No guard is held while the future is suspended.
                let mut frame = Frame::new(&world);
                act_here(&world, &mut values, &mut frame, act);
                check_current(&world, act);
            }
        }
    }
}

/// Runs a body; returns whether it panicked.
pub(super) fn caught(body: impl FnOnce()) -> bool {
    let caught = catch_unwind(AssertUnwindSafe(body));
    caught.map_err(expect_oops).is_err()
}

fn expect_oops(payload: Box<dyn Any + Send>) {
    if !payload.is::<Oops>() {
        resume_unwind(payload);
    }
}

/// Checks that what is current is so in the model.
fn check_current(world: &World, after: &Act) {
    if !world.has_bridge || world.is_wild {
        return;
    }
    let is_recorded = span::current_context().is_some();
    assert_eq!(is_recorded, model::current().is_some(), "after {after:?}");
}

fn act_here(world: &Arc<World>, values: &mut Values, frame: &mut Frame<'_>, act: &Act) {
    match act {
        Act::Open => open(world, values, Below::Current),
        Act::OpenRoot => open(world, values, Below::Nothing),
        Act::OpenBelow(which) => open(world, values, Below::Handle(*which)),
        Act::Enter(which) => {
            if let Some(theirs) = values.span(*which).cloned()
                && !is_twice(world, theirs.is)
            {
                frame.guards.push((theirs.span.entered(), theirs.is));
                enter(theirs.is);
            }
        }
        Act::Leave(which) if world.is_wild => {
            drop_escaped(*which);
        }
        Act::Leave(which) => {
            if let Some((guard, is)) = take(&mut frame.guards, *which) {
                leave(world, is);
                drop(guard);
            }
        }
        Act::InScope(which, body) => {
            if let Some(theirs) = values.span(*which).cloned()
                && !is_twice(world, theirs.is)
            {
                let _visit = Visit::enter(world, theirs.is);
                theirs.span.in_scope(|| run(world, values, body));
            }
        }
        Act::Clone(which) => values.spans.extend(values.span(*which).cloned()),
        Act::Drop(which) => drop(take(&mut values.spans, *which)),
        Act::Current => values.spans.push(current_handle()),
        Act::Record(which) => record(world, values, *which),
        Act::Event => {
            let text = format!("event {}", model::new_key());
            tracing::info!("{text}");
            if let Some(number) = model::current() {
                world.model().log(number, text);
            }
        }
        Act::EventIn(which) => event_in(world, values, *which),
        Act::FollowsFrom(one, other) => {
            if let (Some(one), Some(other)) = (values.span(*one), values.span(*other)) {
                one.span.follows_from(&other.span);
            }
        }
        Act::Traced(body) => {
            let number = world.model().number();
            ours(number, || {
                within_code(world, number, |_| run(world, values, body));
            });
        }
        Act::InSpan(body) => {
            let number = world.model().number();
            let in_span = |is_recorded| {
                if is_recorded {
                    span::add_tag("n", number as i64);
                }
                run(world, values, body);
            };
            span::in_span("in_span", || within_code(world, number, in_span));
        }
        Act::Root(body) => {
            let number = world.model().number();
            world.tracer.root("root").run_sync(|| {
                world.model().open(number, None);
                span::add_tag("n", number as i64);
                let _ends = Ends(world, number);
                let _at = At::enter(Some(number));
                run(world, values, body);
            });
        }
        Act::Hold => hold(world, values),
        Act::EnterHeld(which) => {
            if let Some(at) = which.checked_rem(values.held.len()) {
                let held = Arc::clone(&values.held[at]);
                held.real.enter_unguarded();
                if let Some(number) = held.number
                    && !world.model().get(number).has_ended
                {
                    model::enter(Key::Held(number), Some(number));
                }
                frame.held.push(held);
            }
        }
        Act::LeaveHeld(which) => {
            if let Some(held) = take(&mut frame.held, *which) {
                leave_held(&held);
            }
        }
        Act::EndHeld(which) => {
            if let Some(at) = which.checked_rem(values.held.len()) {
                let held = &values.held[at];
                // A body does not leave what the bodies around it have entered.
                if held
                    .number
                    .is_none_or(|number| !model::is_entered(Key::Held(number)))
                {
                    held.real.end();
                    held.end(Outcome::Ok);
                }
            }
        }
        Act::DropHeld(which) => drop(take(&mut values.held, *which)),
        Act::Thread { carries, body } => thread(world, values, *carries, body),
        Act::Together(bodies) => together(world, values, bodies),
        Act::Task(body) => task(world, values, body),
        Act::Future(wrapped, body) => {
            let future = future(world, values, *wrapped, body);
            values.futures.push(future);
        }
        Act::Poll { future, elsewhere } => {
            if let Some(mut future) = take(&mut values.futures, *future) {
                let poll = || match caught_poll(&mut future) {
                    true => drop(future),
                    false => values.futures.push(future),
                };
                here_or_elsewhere(world, *elsewhere, poll);
            }
        }
        Act::Cancel { future, elsewhere } => {
            if let Some(future) = take(&mut values.futures, *future) {
                here_or_elsewhere(world, *elsewhere, || drop(future));
            }
        }
        Act::Yield => {}
        Act::Panic => resume_unwind(Box::new(Oops)),
        Act::Catch(body) => {
            caught(|| run(world, values, body));
        }
    }
}

/// Polls a future once; returns whether it is over.
fn caught_poll(future: &mut Task) -> bool {
    let mut is_over = true;
    caught(|| {
        let mut context = Context::from_waker(Waker::noop());
        is_over = future.as_mut().poll(&mut context).is_ready();
    });
    is_over
}

fn here_or_elsewhere(world: &World, elsewhere: bool, body: impl FnOnce() + Send) {
    if !elsewhere {
        return body();
    }
    let joined = std::thread::scope(|threads| {
        let thread = threads.spawn(|| world.on_new_thread(body));
        thread.join()
    });
    joined.unwrap_or_else(|payload| resume_unwind(payload));
}

#[derive(Clone, Copy)]
enum Below {
    Current,
    Nothing,
    Handle(usize),
}

fn open(world: &World, values: &mut Values, below: Below) {
    let number = world.model().number();
    let n = number as u64;
    let below = match below {
        Below::Handle(which) => {
            let parent = values.span(which).cloned();
            // A handle that is not recorded says nothing of the trace, in some of the faces.
            parent.and_then(|parent| Some((parent.is.key()?.1, parent.span)))
        }
        Below::Current => None,
        Below::Nothing => {
            let span =
                tracing::info_span!(parent: None, "theirs", n, later = tracing::field::Empty);
            let is = match world.has_roots {
                true => opened(world, number, None),
                false => ignored(world),
            };
            return values.spans.push(Theirs { span, is });
        }
    };
    let (span, parent) = match below {
        Some((parent, handle)) => {
            let span =
                tracing::info_span!(parent: &handle, "theirs", n, later = tracing::field::Empty);
            (span, Some(parent))
        }
        // The rules refuse it, and a stack may want it.
        None if !world.is_pure && number.is_multiple_of(7) => {
            let span = tracing::trace_span!("theirs", n, later = tracing::field::Empty);
            let refused = Theirs {
                span,
                is: Is::Nothing,
            };
            // With roots of all levels, it is one.
            if !world.has_roots {
                return values.spans.push(refused);
            }
            (refused.span, model::current())
        }
        None if number.is_multiple_of(3) => (
            tracing::debug_span!("theirs", n, later = tracing::field::Empty),
            model::current(),
        ),
        None => (
            tracing::info_span!("theirs", n, later = tracing::field::Empty),
            model::current(),
        ),
    };
    let is = match parent.is_some() || world.has_roots {
        true => opened(world, number, parent),
        false => ignored(world),
    };
    values.spans.push(Theirs { span, is });
}

fn opened(world: &World, number: Number, parent: Option<Number>) -> Is {
    world.model().open(number, parent);
    Is::Own(number)
}

fn ignored(world: &World) -> Is {
    world.model().ignored += 1;
    Is::Nothing
}

fn current_handle() -> Theirs {
    let span = Span::current();
    let is = match (model::current(), model::innermost_handle()) {
        (Some(number), Some(Key::Captured(key))) => Is::Captured(key, number),
        (Some(_), Some(Key::Theirs(number))) => Is::Own(number),
        (Some(number), _) => Is::Captured(model::new_key(), number),
        (None, _) => Is::Nothing,
    };
    Theirs { span, is }
}

fn record(world: &World, values: &Values, which: usize) {
    if let Some(theirs) = values.span(which)
        && let Is::Own(number) = theirs.is
    {
        let value = model::new_key() as i64;
        theirs.span.record("later", value);
        let mut model = world.model();
        let later = &mut model.get(number).later;
        *later = Some(value).max(*later);
    }
}

fn event_in(world: &World, values: &Values, which: usize) {
    if let Some(theirs) = values.span(which)
        && let Some((_, number)) = theirs.is.key()
    {
        let text = format!("event {}", model::new_key());
        tracing::info!(parent: &theirs.span, "{text}");
        world.model().log(number, text);
    }
}

/// Ends a span of code, as it was left.
struct Ends<'a>(&'a World, Number);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.model().end(
            self.1,
            match std::thread::panicking() {
                true => Outcome::Panicked,
                false => Outcome::Ok,
            },
        );
    }
}

/// The model of a function that is a span if a trace runs.
fn within_code<R>(world: &World, number: Number, body: impl FnOnce(bool) -> R) -> R {
    let Some(parent) = model::current() else {
        return body(false);
    };
    world.model().open(number, Some(parent));
    let _ends = Ends(world, number);
    let _at = At::enter(Some(number));
    body(true)
}

fn hold(world: &Arc<World>, values: &mut Values) {
    let number = world.model().number();
    let real = span::start("held");
    let parent = model::current();
    if parent.is_some() {
        world.model().open(number, parent);
        real.add_tag("n", number as i64);
    }
    values.held.push(Arc::new(Held {
        world: Arc::clone(world),
        real,
        number: parent.map(|_| number),
    }));
}

fn thread(world: &Arc<World>, values: &mut Values, carries: bool, body: &Body) {
    let carried = carries.then(|| (trace_core::Carried::new(()), model::current()));
    let on_it = || {
        caught(|| match carried {
            Some((carried, current)) => carried.run_sync(|()| {
                let _at = At::enter(current);
                run(world, values, body);
            }),
            None => run(world, values, body),
        });
    };
    here_or_elsewhere(world, true, on_it);
}

fn together(world: &Arc<World>, values: &Values, bodies: &[Body]) {
    std::thread::scope(|threads| {
        for body in bodies {
            let mut values = values.handles();
            threads.spawn(move || {
                world.on_new_thread(|| caught(|| run(world, &mut values, body)));
                match world.is_layer {
                    // Without a subscriber, a registry loses its references of parents.
                    true => world.on_new_thread(|| drop(values)),
                    // A root that was never entered begins here.
                    false => world.attached(|| drop(values)),
                }
            });
        }
    });
}

fn task(world: &Arc<World>, values: &mut Values, body: &Body) {
    // Workers are few, and one that waits for another task may wait for itself.
    if world.has_task.swap(true, Ordering::Relaxed) {
        return;
    }
    let (mut theirs, current) = (values.handles(), model::current());
    let (inner, body) = (Arc::clone(world), body.clone());
    let run_it = async move {
        let _at = At::enter(current);
        let run_it = || {
            let _drops = DropsEscaped;
            caught(|| run(&inner, &mut theirs, &body));
            drop(theirs);
        };
        match current {
            Some(_) => tracing::dispatcher::with_default(&inner.dispatch, run_it),
            None => inner.on_new_thread(run_it),
        }
    };
    let spawned = {
        let _in = RUNTIME.enter();
        trace_core::spawn(run_it)
    };
    RUNTIME.block_on(spawned).unwrap();
    world.has_task.store(false, Ordering::Relaxed);
}

fn future(world: &Arc<World>, values: &Values, wrapped: Wrapped, body: &Body) -> Task {
    let modeled = |real: Task, place| -> Task {
        Box::pin(Modeled {
            world: Arc::clone(world),
            place,
            real: Some(real),
        })
    };
    let inner = run_async(Arc::clone(world), values.handles(), body.clone());
    match wrapped {
        Wrapped::Nothing => Box::pin(inner),
        Wrapped::Instrumented(which) => match values.span(which).cloned() {
            Some(theirs) => modeled(
                Box::pin(inner.instrument(theirs.span)),
                Place::Handle(theirs.is),
            ),
            None => Box::pin(inner),
        },
        Wrapped::InCurrentSpan => {
            let is = current_handle().is;
            modeled(Box::pin(inner.in_current_span()), Place::Handle(is))
        }
        Wrapped::InCurrentTrace => modeled(
            Box::pin(inner.in_current_trace()),
            Place::Scope(model::current()),
        ),
        Wrapped::Traced => {
            let number = world.model().number();
            modeled(
                Box::pin(ours_async(number, inner)),
                Place::Function(Function {
                    number,
                    state: Begun::Not,
                }),
            )
        }
    }
}

/// Where a future runs.
#[derive(Clone, Copy)]
enum Place {
    Handle(Is),
    Scope(Option<Number>),
    Function(Function),
}

#[derive(Clone, Copy)]
struct Function {
    number: Number,
    state: Begun,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Begun {
    Not,
    /// It began where no trace runs.
    Nowhere,
    Runs,
    Over,
}

/// A future and the model of what is around its body.
struct Modeled {
    world: Arc<World>,
    place: Place,
    real: Option<Task>,
}

impl Modeled {
    fn within<R>(&mut self, body: impl FnOnce(&mut Option<Task>) -> R) -> R {
        match self.place {
            Place::Handle(is) => {
                let _visit = Visit::enter(&self.world, is);
                body(&mut self.real)
            }
            Place::Scope(current) => {
                let _at = At::enter(current);
                body(&mut self.real)
            }
            Place::Function(function) if function.state == Begun::Runs => {
                let _at = At::enter(Some(function.number));
                body(&mut self.real)
            }
            Place::Function(_) => body(&mut self.real),
        }
    }
}

impl Future for Modeled {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if let Place::Handle(is) = this.place
            && is_twice(&this.world, is)
        {
            return Poll::Pending;
        }
        if let Place::Function(function) = &mut this.place
            && function.state == Begun::Not
        {
            let parent = model::current();
            function.state = match parent {
                Some(_) => {
                    this.world.model().open(function.number, parent);
                    Begun::Runs
                }
                None => Begun::Nowhere,
            };
        }
        let polled = catch_unwind(AssertUnwindSafe(|| {
            this.within(|real| real.as_mut().unwrap().as_mut().poll(context))
        }));
        let outcome = match &polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(())) => Outcome::Ok,
            Err(_) => Outcome::Panicked,
        };
        if let Place::Function(function) = &mut this.place
            && std::mem::replace(&mut function.state, Begun::Over) == Begun::Runs
        {
            this.world.model().end(function.number, outcome);
        }
        polled.unwrap_or_else(|payload| resume_unwind(payload))
    }
}

impl Drop for Modeled {
    fn drop(&mut self) {
        self.within(|real| drop(real.take()));
        if let Place::Function(function) = self.place
            && function.state == Begun::Runs
        {
            self.world.model().end(function.number, Outcome::Cancelled);
        }
    }
}
