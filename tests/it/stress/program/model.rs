//! The model: what surrounds the running code, and the expected spans.

use std::any::Any;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::thread::ThreadId;
use std::time::Duration;

use trace_core::{Outcome, SpanId, Tracer, span};

use super::held::{Held, leave_above};
use super::place::{Around, At, Place, new_scope, place, scope};
use super::{Body, Choices, Hazards, Threads};
use crate::random::Random;

/// The name of roots that the sampler refuses.
pub(super) const REFUSED: &str = "refused";

/// Where a span begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// Below the current one.
    Here,
    /// In a new trace.
    Root,
    /// In a new trace that is not recorded.
    Refused,
    /// Below the span that was current when a function was called, in the scope of the call.
    /// If nothing was recorded then, [`Start::Here`] is used.
    Called { parent: usize, scope: u64 },
}

/// An expected span.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) parent: Option<usize>,
    pub(super) root: usize,
    /// The values of each key, in order.
    pub(super) tags: BTreeMap<String, Vec<Said>>,
    pub(super) logs: Vec<String>,
    pub(super) outcome: Option<Outcome>,
}

/// A recorded value.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) value: i64,
    thread: ThreadId,
    at: u64,
    /// When the code that recorded the value entered the span.
    since: u64,
}

impl Said {
    /// Returns whether this may be the last value, which counts. Concurrent values of several
    /// threads may have any order; see *Order between threads* at [`trace_core::OpenSpan`].
    pub(super) fn may_be_last(&self, all: &[Self]) -> bool {
        let is_later = |other: &Self| {
            if other.thread == self.thread {
                other.at > self.at
            } else {
                other.since > self.at
            }
        };
        !all.iter().any(is_later)
    }
}

pub(super) struct State {
    pub(super) choices: Choices,
    pub(super) hazards: Hazards,
    /// The number of commands that may still be executed.
    fuel: u32,
    pub(super) spans: Vec<Expected>,
    /// The number of roots that the sampler refused.
    pub(super) refused: u64,
    /// The number of spans in batches at which a collector panicked.
    pub(super) panicked: u64,
    pub(super) is_shut_down: bool,
    pub(super) has_failed: bool,
    /// Futures that any code may poll, drop or move.
    pub(super) pool: Vec<Body>,
    /// Spans that any code may use. A span may be in the list several times.
    pub(super) held: Vec<Arc<Held>>,
    /// Spans that were entered without a guard, with the threads that entered them.
    pub(super) entered: Vec<(Arc<Held>, Vec<ThreadId>)>,
    /// Spans that can no longer be written to.
    pub(super) settled: HashSet<usize>,
    /// Whether an entry was written for the current span after its end. This happens if a span
    /// is left while a span that began in it continues, so that it becomes current again.
    pub(super) is_late: bool,
    /// The number of entries for which there was no span.
    pub(super) unattached: u64,
    /// A logical clock that counts entries.
    now: u64,
    /// Chooses additional hand-overs.
    flushes: Option<Random>,
    /// The spans of the model, by the id of the real span.
    pub(super) ids: HashMap<SpanId, usize>,
}

impl State {
    /// Whether the model knows all entries of every span. A late entry may still be accepted
    /// by a reader that waits for the rest of the span.
    pub(super) const fn is_exact(&self) -> bool {
        self.hazards.is_lossless() && !self.is_late
    }

    pub(super) fn new(choices: Choices, hazards: Hazards) -> Self {
        Self {
            choices,
            hazards,
            fuel: 200,
            spans: Vec::new(),
            refused: 0,
            panicked: 0,
            is_shut_down: false,
            has_failed: false,
            pool: Vec::new(),
            held: Vec::new(),
            entered: Vec::new(),
            settled: HashSet::new(),
            is_late: false,
            unattached: 0,
            now: 0,
            flushes: hazards.flushes.map(Random::new),
            ids: HashMap::new(),
        }
    }
}

#[derive(Clone)]
pub(super) struct World {
    pub(super) state: Arc<Mutex<State>>,
    pub(super) tracer: Tracer,
    pub(super) threads: Arc<Threads>,
}

impl World {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(super) fn choose(&self, bound: usize) -> usize {
        self.state().choices.below(bound)
    }

    /// Takes the fuel for one command. Returns false if there is none left.
    pub(super) fn has_fuel(&self) -> bool {
        let mut state = self.state();
        let has_fuel = state.fuel > 0;
        state.fuel = state.fuel.saturating_sub(1);
        let flushes = state.flushes.as_mut();
        let flushes = flushes.is_some_and(|flushes| flushes.chance(25));
        drop(state);
        if flushes {
            let _report = self.tracer.flush(Duration::ZERO);
        }
        has_fuel
    }

    /// Begins a span of the model here; `None` if nothing is recorded.
    pub(super) fn open(&self, start: Start) -> Option<usize> {
        let parent = match start {
            Start::Here => Some(place()?.span),
            Start::Called { parent, .. } => Some(parent),
            Start::Root => None,
            Start::Refused => {
                self.state().refused += 1;
                return None;
            }
        };
        let mut state = self.state();
        let number = state.spans.len();
        let root = parent.map_or(number, |parent| state.spans[parent].root);
        state.spans.push(Expected {
            parent,
            root,
            tags: BTreeMap::new(),
            logs: Vec::new(),
            outcome: None,
        });
        Some(number)
    }

    /// Ends a span, which can then no longer be written to.
    pub(super) fn close(&self, span: Option<usize>, outcome: Outcome) {
        self.end(span, outcome);
        self.state().settled.extend(span);
    }

    /// Ends a span.
    pub(super) fn end(&self, span: Option<usize>, outcome: Outcome) {
        if let Some(span) = span {
            let was = self.state().spans[span].outcome.replace(outcome);
            assert_eq!(was, None);
        }
    }

    pub(super) fn tag(&self, key: &str, value: i64) {
        span::add_tag(key, value);
        if let Some(place) = self.own_place() {
            self.say(place.span, place.since, key, value);
        }
    }

    pub(super) fn log(&self, message: String) {
        span::add_log(&message);
        if let Some(place) = self.own_place() {
            self.state().spans[place.span].logs.push(message);
        }
    }

    pub(super) fn fail(&self) {
        span::record_error("failed");
        let _place = self.own_place();
    }

    /// Returns the span to which code may write here. Otherwise counts the loss.
    fn own_place(&self) -> Option<Place> {
        let place = place()?;
        let mut state = self.state();
        let is_late = state.settled.contains(&place.span);
        state.is_late |= is_late;
        if is_late || !place.is_own {
            state.unattached += 1;
            return None;
        }
        Some(place)
    }

    /// Records a tag of a span, by code that entered it earlier or that writes from outside.
    pub(super) fn say(&self, span: usize, since: Option<u64>, key: &str, value: i64) {
        let at = self.tick();
        let said = Said {
            value,
            thread: std::thread::current().id(),
            at,
            since: since.unwrap_or(at),
        };
        let mut state = self.state();
        let tags = &mut state.spans[span].tags;
        tags.entry(key.to_owned()).or_default().push(said);
    }

    /// Advances the logical clock and returns it.
    pub(super) fn tick(&self) -> u64 {
        let mut state = self.state();
        state.now += 1;
        state.now
    }

    /// Checks that the current span is that of the model.
    pub(super) fn check(&self) {
        let current = span::current_context().filter(|context| context.is_sampled());
        let current = current.map(|context| context.span_id);
        let expected = place().map(|place| place.span);
        let mut state = self.state();
        let known = current.map(|id| state.ids.get(&id).copied());
        if known != expected.map(Some) && !state.has_failed {
            state.has_failed = true;
            eprintln!("{known:?} is current, not {expected:?}");
        }
    }

    /// Checks that a panic is one of the program's own and not a failed assertion.
    pub(super) fn expect_oops(&self, payload: &dyn Any) {
        if payload.downcast_ref() != Some(&"oops") {
            self.state().has_failed = true;
        }
    }

    /// Tags the current span with its number in the model.
    pub(super) fn name(&self) {
        if let Some(place) = place() {
            self.tag("span", i64::try_from(place.span).unwrap());
            if let Some(context) = span::current_context() {
                self.state().ids.insert(context.span_id, place.span);
            }
        }
    }
}

/// The model of a span's body. It wraps the real body, within the real span.
pub(super) struct Modeled<F> {
    world: World,
    start: Start,
    span: Option<usize>,
    /// The scope in which the span began.
    home: u64,
    is_fresh: bool,
    is_done: bool,
    // Boxed, so that it can be dropped in place.
    body: Option<Pin<Box<F>>>,
}

impl<F: Future<Output = Result<(), String>>> Future for Modeled<F> {
    type Output = Result<(), String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let is_first = std::mem::take(&mut this.is_fresh);
        if is_first {
            this.span = this.world.open(this.start);
            this.home = match this.start {
                Start::Here => scope(),
                Start::Root | Start::Refused => new_scope(),
                Start::Called { scope: home, .. } if home == scope() => home,
                Start::Called { .. } => new_scope(),
            };
        }
        let at = this.enter(is_first);
        if is_first {
            this.world.name();
        }
        let poll = || this.body.as_mut().unwrap().as_mut().poll(cx);
        let polled = catch_unwind(AssertUnwindSafe(poll));
        let outcome = match &polled {
            Ok(Poll::Pending) => {
                // A span of another trace must not stay entered across an `.await`.
                leave_above(&this.world, &at);
                return Poll::Pending;
            }
            Ok(Poll::Ready(Err(_))) if matches!(this.start, Start::Here | Start::Called { .. }) => {
                Outcome::Error
            }
            Ok(Poll::Ready(_)) => Outcome::Ok,
            Err(_) => Outcome::Panicked,
        };
        this.is_done = true;
        this.world.close(this.span, outcome);
        drop(at);
        match polled {
            Ok(polled) => polled,
            Err(payload) => resume_unwind(payload),
        }
    }
}

impl<F> Modeled<F> {
    /// Enters the span: in its own scope if that runs here, and otherwise in another scope.
    fn enter(&self, is_first: bool) -> At {
        let around = self.span.map(|span| Around::Span(Place::own(span)));
        match (self.start, around) {
            (Start::Refused, _) => At::scope(self.home, Around::Refused),
            (_, None) => At::Same,
            (Start::Root, Some(around)) => At::scope(self.home, around),
            (_, Some(Around::Span(place))) if self.home == scope() => At::span(place),
            (_, Some(around)) if is_first => At::scope(self.home, around),
            (_, Some(around)) => At::scope(new_scope(), around),
        }
    }
}

impl<F> Drop for Modeled<F> {
    fn drop(&mut self) {
        let _at = if self.is_done || self.is_fresh && matches!(self.start, Start::Called { .. }) {
            At::Same
        } else {
            self.enter(false)
        };
        self.body = None;
        if !self.is_done && !self.is_fresh {
            self.world.close(self.span, Outcome::Cancelled);
        }
    }
}

pub(super) fn modeled<F>(world: &World, start: Start, body: F) -> Modeled<F> {
    Modeled {
        world: world.clone(),
        start,
        span: None,
        home: 0,
        is_fresh: true,
        is_done: false,
        body: Some(Box::pin(body)),
    }
}

/// Tags the current span when it is dropped.
pub(super) struct Goodbye(pub(super) World, pub(super) i64);

impl Drop for Goodbye {
    fn drop(&mut self) {
        self.0.tag(&format!("goodbye {}", self.1), self.1);
    }
}

/// The model of `in_current_trace` and of `attach`: a scope and its surroundings.
pub(super) struct Captured {
    scope: u64,
    around: Around,
    body: Body,
}

impl Captured {
    pub(super) fn new(around: Around, body: Body) -> Self {
        Self {
            scope: new_scope(),
            around,
            body,
        }
    }
}

impl Future for Captured {
    type Output = Result<(), String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let _at = At::scope(self.scope, self.around);
        self.body.as_mut().poll(cx)
    }
}

impl Drop for Captured {
    fn drop(&mut self) {
        let _at = At::scope(self.scope, self.around);
        self.body = Box::pin(std::future::ready(Ok(())));
    }
}
