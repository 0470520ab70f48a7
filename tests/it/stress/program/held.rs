//! Spans that are held, and the model of them: what is said at
//! [`trace_core::OpenSpan`], in the simplest way.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;
use std::thread::ThreadId;

use trace_core::{OpenSpan, Outcome, SpanKind, span};

use super::commands::{elsewhere, within};
use super::model::{REFUSED, Start, World};
use super::place::{self, Around, At, Place, new_scope};

/// A span that is held, and its model.
pub(super) struct Held {
    world: World,
    /// `None` once it is an entered one.
    real: Option<OpenSpan>,
    number: usize,
    model: Mutex<Model>,
}

#[derive(Clone)]
struct Model {
    span: Spanned,
    /// The scope in which it began.
    home: u64,
    /// Whether that is its own, and is not entered.
    own_waits: bool,
    has_ended: bool,
    /// How often it is entered, on all threads.
    inside: usize,
    /// The threads that are in it by a guard.
    guards: Vec<ThreadId>,
}

/// What is held.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spanned {
    Nothing,
    Refused,
    Recorded(usize),
}

impl Held {
    /// Starts a span: below the current one, or as a root.
    fn start(world: &World) -> Self {
        let (start, way) = (world.choose(5), world.choose(2));
        let start = match start {
            0 => Start::Refused,
            1 => Start::Root,
            _ => Start::Here,
        };
        let surrounding = place::around();
        let span = match (world.open(start), start) {
            (Some(span), _) => Spanned::Recorded(span),
            (None, Start::Refused) => Spanned::Refused,
            (None, _) if surrounding == Around::Refused => Spanned::Refused,
            (None, _) => Spanned::Nothing,
        };
        let real = match start {
            Start::Root => world.tracer.root("span").start(),
            Start::Refused => world.tracer.root(REFUSED).start(),
            _ if way == 0 => span::start("span"),
            _ => span::build("span").kind(SpanKind::Client).start(),
        };
        let home = match start {
            Start::Here => place::scope(),
            _ => new_scope(),
        };
        let held = Self {
            world: world.clone(),
            real: Some(real),
            number: usize::try_from(new_scope()).unwrap(),
            model: Mutex::new(Model {
                span,
                home,
                own_waits: start == Start::Root,
                has_ended: false,
                inside: 0,
                guards: Vec::new(),
            }),
        };
        if let Spanned::Recorded(span) = span {
            held.tag("span", i64::try_from(span).unwrap());
            let id = held.real().context().unwrap().span_id;
            world.state().ids.insert(id, span);
        }
        held
    }

    fn real(&self) -> &OpenSpan {
        self.real.as_ref().unwrap()
    }

    fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap()
    }

    /// The span, if it takes what is said; what is lost is counted.
    fn says(&self) -> Option<usize> {
        let model = self.model().clone();
        let Spanned::Recorded(span) = model.span else {
            return None;
        };
        if model.has_ended {
            self.world.state().unattached += 1;
            return None;
        }
        Some(span)
    }

    fn tag(&self, key: &str, value: i64) {
        self.real().add_tag(key, value);
        if let Some(span) = self.says() {
            self.world.say(span, None, key, value);
        }
    }

    fn log(&self, message: String) {
        self.real().add_log(&message);
        if let Some(span) = self.says() {
            self.world.state().spans[span].logs.push(message);
        }
    }

    /// The model of entering: says whether it did something.
    fn enter(&self) -> bool {
        let mut model = self.model();
        if model.has_ended || model.span == Spanned::Nothing {
            return false;
        }
        let around = self.around(&model);
        match around {
            Around::Span(place) if model.home == place::scope() => {
                place::enter_home(self.number, place);
            }
            _ if std::mem::take(&mut model.own_waits) => {
                place::enter_scope(Some(self.number), model.home, around);
            }
            _ => place::enter_scope(Some(self.number), new_scope(), around),
        }
        model.inside += 1;
        true
    }

    fn around(&self, model: &Model) -> Around {
        match model.span {
            Spanned::Recorded(span) => Around::Span(Place {
                since: Some(self.world.tick()),
                ..Place::own(span)
            }),
            _ => Around::Refused,
        }
    }

    /// The model of leaving: says whether it did something.
    fn leave(&self) -> bool {
        let left = place::leave(self.number);
        let mut model = self.model();
        if left == Some(model.home) {
            model.own_waits = true;
        }
        if left.is_some() {
            model.inside -= 1;
            self.settle(&model);
        }
        left.is_some()
    }

    /// The model of an end.
    fn end(&self, outcome: Outcome) {
        while self.leave() {}
        let mut model = self.model();
        if let Spanned::Recorded(span) = model.span
            && !std::mem::replace(&mut model.has_ended, true)
        {
            self.world.end(Some(span), outcome);
            self.settle(&model);
        }
    }

    /// Nothing more can be said of a span that has ended and is left by all.
    fn settle(&self, model: &Model) {
        if let Spanned::Recorded(span) = model.span
            && model.has_ended
            && model.inside == 0
        {
            self.world.state().settled.insert(span);
        }
    }

    /// Where a poll of the holder runs.
    fn at_poll(&self) -> At {
        let mut model = self.model();
        if model.has_ended || model.span == Spanned::Nothing {
            return At::Same;
        }
        match self.around(&model) {
            Around::Span(place) if model.home == place::scope() => At::span(place),
            around if std::mem::take(&mut model.own_waits) => At::scope(model.home, around),
            around => At::scope(new_scope(), around),
        }
    }
}

impl Drop for Held {
    /// The span itself is dropped right after this.
    fn drop(&mut self) {
        // Whoever entered it has ended it.
        if self.real.is_none() {
            return;
        }
        self.end(if std::thread::panicking() {
            Outcome::Panicked
        } else {
            Outcome::Cancelled
        });
    }
}

/// Does something with a span that is held, or begins one.
pub(super) fn act(world: &World) {
    let command = world.choose(20);
    if command <= 3 {
        let held = Arc::new(Held::start(world));
        world.state().held.push(held);
        return;
    }
    let Some(held) = take(world) else {
        return;
    };
    match command {
        4 => held.tag(&format!("tag {}", world.tick()), 1),
        5..=6 => {
            let key = ["key", "other"][world.choose(2)];
            let value = i64::try_from(world.choose(1 << 40)).unwrap();
            held.tag(key, value);
        }
        7 if world.choose(4) == 0 => {
            held.real().record_error("failed");
            let _span = held.says();
        }
        7 => held.log("x".repeat(world.choose(100))),
        8..=9 => by_guard(world, &held),
        10 => enter(world, &held),
        11 if may_exit(world, &held) => exit(world, &held),
        11 => {}
        12..=15 if !may_end(&held) => {}
        12 => return poll(world, held),
        13 => end(world, &held),
        14 => return drop_one(world, held),
        15 => return entered(world, held),
        16 => {
            world.state().held.push(Arc::clone(&held));
        }
        17..=18 => {
            put_back(world, held);
            return elsewhere(world, act);
        }
        _ => world.check(),
    }
    put_back(world, held);
}

fn take(world: &World) -> Option<Arc<Held>> {
    let mut state = world.state();
    let count = state.held.len();
    if count == 0 {
        return None;
    }
    let index = state.choices.below(count);
    Some(state.held.swap_remove(index))
}

fn put_back(world: &World, held: Arc<Held>) {
    world.state().held.push(held);
}

/// Runs other commands, and panics now and then.
fn body(world: &World) {
    for _ in 0..world.choose(3) {
        within(world);
    }
    if world.choose(12) == 0 {
        resume_unwind(Box::new("oops"));
    }
}

fn caught<R>(world: &World, body: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => Some(result),
        Err(payload) => {
            world.expect_oops(&*payload);
            None
        }
    }
}

/// Enters a span around other commands.
fn by_guard(world: &World, held: &Arc<Held>) {
    // A guard that did nothing must find nothing to undo.
    if held.model().has_ended && place::visits(held.number) > 0 {
        return;
    }
    // Somebody else may take it meanwhile.
    put_back(world, Arc::clone(held));
    caught(world, || {
        let _in = held.real().enter();
        let _left = ModelGuard::new(held);
        body(world);
    });
    // By now it may be gone.
    let mut state = world.state();
    let at = state.held.iter().position(|other| Arc::ptr_eq(held, other));
    let other = at.map(|at| state.held.swap_remove(at));
    drop(state);
    drop(other);
}

/// Leaves, if it was entered.
struct ModelGuard<'a>(&'a Held, bool);

impl<'a> ModelGuard<'a> {
    fn new(held: &'a Held) -> Self {
        held.model().guards.push(std::thread::current().id());
        Self(held, held.enter())
    }
}

impl Drop for ModelGuard<'_> {
    fn drop(&mut self) {
        self.0.model().guards.pop();
        if self.1 {
            self.0.leave();
        }
    }
}

/// Enters a span until somebody leaves it on this thread, or [`leave_all`].
fn enter(world: &World, held: &Arc<Held>) {
    held.real().enter_unguarded();
    if !held.enter() {
        return;
    }
    let thread = std::thread::current().id();
    let mut state = world.state();
    let mut entered = state.entered.iter_mut();
    match entered.find(|(other, _)| Arc::ptr_eq(held, other)) {
        Some((_, threads)) => threads.push(thread),
        None => state.entered.push((Arc::clone(held), vec![thread])),
    }
}

/// Whether the span may end here. One of a trace that is not recorded stays entered.
fn may_end(held: &Held) -> bool {
    let is_refused = held.model().span == Spanned::Refused;
    place::may_leave(held.number) && !(is_refused && place::visits(held.number) > 0)
}

/// Whether the last visit on this thread is not that of a guard.
fn may_exit(world: &World, held: &Arc<Held>) -> bool {
    let guards = held.model().guards.clone();
    let thread = std::thread::current().id();
    let guards = guards.iter().filter(|guard| **guard == thread).count();
    let _ = world;
    place::may_leave(held.number) && (guards == 0 || place::visits(held.number) == 0)
}

/// Leaves a span that was entered without a guard, if it was.
fn exit(world: &World, held: &Arc<Held>) {
    held.real().exit();
    held.leave();
    exited(world, held);
}

/// Forgets that a span was entered on this thread.
fn exited(world: &World, held: &Arc<Held>) {
    let thread = std::thread::current().id();
    let mut state = world.state();
    let mut entered = state.entered.iter_mut();
    if let Some((_, threads)) = entered.find(|(other, _)| Arc::ptr_eq(held, other))
        && let Some(at) = threads.iter().position(|other| *other == thread)
    {
        threads.swap_remove(at);
    }
    let free = state
        .entered
        .extract_if(.., |(_, threads)| threads.is_empty());
    let free: Vec<_> = free.collect();
    drop(state);
    drop(free);
}

/// Leaves what was entered in a poll and is of another scope: that must not stay so across
/// an `.await`.
pub(super) fn leave_above(world: &World, at: &At) {
    while let Some(home) = at.home()
        && let Some(above) = place::visitor_above(home)
    {
        let state = world.state();
        let mut entered = state.entered.iter();
        let held = entered.find(|(held, _)| held.number == above);
        let held = held.map(|(held, _)| Arc::clone(held));
        drop(state);
        let Some(held) = held else { return };
        exit(world, &held);
    }
}

/// Leaves all that was entered on this thread.
pub(super) fn leave_all(world: &World) {
    let thread = std::thread::current().id();
    loop {
        let state = world.state();
        let mut entered = state.entered.iter();
        let Some((held, _)) = entered.find(|(_, threads)| threads.contains(&thread)) else {
            break;
        };
        let held = Arc::clone(held);
        drop(state);
        exit(world, &held);
    }
}

/// The span, if nobody else has it; that somebody has entered it does not count if this is
/// so on this thread, or if any thread may.
fn alone(world: &World, held: Arc<Held>, anywhere: bool) -> Option<Held> {
    let thread = std::thread::current().id();
    let mut state = world.state();
    let is_it = |(other, threads): &(Arc<Held>, Vec<_>)| {
        Arc::ptr_eq(&held, other) && (anywhere || threads.iter().all(|other| *other == thread))
    };
    if let Some(at) = state.entered.iter().position(is_it)
        && Arc::strong_count(&held) == 2
    {
        state.entered.swap_remove(at);
    }
    drop(state);
    match Arc::try_unwrap(held) {
        Ok(held) => Some(held),
        Err(held) => {
            put_back(world, held);
            None
        }
    }
}

fn poll(world: &World, held: Arc<Held>) {
    let is_ready = world.choose(2) == 0;
    let outcome = match world.choose(5) {
        0 => None,
        1 => Some(Outcome::Error),
        2 => Some(Outcome::Cancelled),
        _ => Some(Outcome::Ok),
    };
    let threads = entered_by(world, &held);
    let Some(mut held) = alone(world, held, true) else {
        return;
    };
    let mut real = held.real.take().unwrap();
    let before = held.model().clone();
    let is_part = matches!(before.span, Spanned::Recorded(_)) && !before.has_ended;
    let polled = caught(world, || {
        let mut at = At::Same;
        real.poll(
            || {
                at = held.at_poll();
                body(world);
                if is_ready && outcome.is_some() {
                    return Poll::Ready(());
                }
                leave_above(world, &at);
                if is_ready {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            },
            |()| {
                world.tag("ready", 1);
                outcome
            },
        )
    });
    held.model().own_waits = before.own_waits;
    let outcome = match polled {
        None => Some(Outcome::Panicked),
        Some(Poll::Ready(())) => outcome,
        Some(Poll::Pending) => None,
    };
    if let Some(outcome) = outcome.filter(|_| is_part) {
        held.end(outcome);
    }
    held.real = Some(real);
    let held = Arc::new(held);
    if !threads.is_empty() {
        world.state().entered.push((Arc::clone(&held), threads));
    }
    put_back(world, held);
}

fn entered_by(world: &World, held: &Arc<Held>) -> Vec<ThreadId> {
    let state = world.state();
    let mut entered = state.entered.iter();
    let found = entered.find(|(other, _)| Arc::ptr_eq(held, other));
    found
        .map(|(_, threads)| threads.clone())
        .unwrap_or_default()
}

fn end(world: &World, held: &Arc<Held>) {
    let outcome = [
        Outcome::Ok,
        Outcome::Ok,
        Outcome::Error,
        Outcome::Panicked,
        Outcome::Cancelled,
    ][world.choose(5)];
    match outcome {
        Outcome::Ok => held.real().end(),
        outcome => held.real().end_with(outcome),
    }
    held.end(outcome);
}

/// Drops a span, if this is the last that holds it; by a panic now and then.
fn drop_one(world: &World, held: Arc<Held>) {
    let panics = world.choose(2) == 0;
    let Some(held) = alone(world, held, false) else {
        return;
    };
    if panics {
        caught(world, move || {
            let _held = held;
            resume_unwind(Box::new("oops"))
        });
    }
}

/// Enters a span until its end.
fn entered(world: &World, held: Arc<Held>) {
    let Some(mut held) = alone(world, held, false) else {
        return;
    };
    let Some(real) = held.real.take() else {
        return;
    };
    let ran = caught(world, || {
        let _entered = real.entered();
        held.enter();
        body(world);
    });
    held.end(if ran.is_some() {
        Outcome::Ok
    } else {
        Outcome::Panicked
    });
}
