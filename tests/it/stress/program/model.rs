//! The model: what surrounds the running code, and the spans that must come out.

use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use trace_core::{Outcome, Tracer, span};

use super::{Body, Choices, Hazards, Threads};

/// The name of roots that the sampler refuses.
pub(super) const REFUSED: &str = "refused";

/// Where a span begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// Below the current one.
    Here,
    /// In a trace of its own.
    Root,
    /// In a trace that is not recorded.
    Refused,
}

/// A span that must come out.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) parent: Option<usize>,
    pub(super) root: usize,
    pub(super) tags: BTreeMap<String, i64>,
    pub(super) logs: Vec<String>,
    pub(super) outcome: Option<Outcome>,
}

/// What surrounds the running code: a span, and whether it takes tags here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) span: usize,
    pub(super) is_own: bool,
}

thread_local! {
    pub(super) static PLACE: Cell<Option<Place>> = const { Cell::new(None) };
}

/// Goes to a place until dropped.
pub(super) struct At(Option<Place>);

impl At {
    pub(super) fn new(place: Option<Place>) -> Self {
        Self(PLACE.replace(place))
    }
}

impl Drop for At {
    fn drop(&mut self) {
        PLACE.set(self.0);
    }
}

pub(super) struct State {
    pub(super) choices: Choices,
    pub(super) hazards: Hazards,
    /// Commands that may still be executed.
    fuel: u32,
    pub(super) spans: Vec<Expected>,
    /// Roots that the sampler refused.
    pub(super) refused: u64,
    /// Spans in the batches at which a collector panicked.
    pub(super) panicked: u64,
    pub(super) is_shut_down: bool,
    pub(super) has_failed: bool,
    /// Futures that anybody may poll, drop or move.
    pub(super) pool: Vec<Body>,
}

impl State {
    pub(super) fn new(choices: Choices, hazards: Hazards) -> Self {
        Self {
            choices,
            hazards,
            fuel: 150,
            spans: Vec::new(),
            refused: 0,
            panicked: 0,
            is_shut_down: false,
            has_failed: false,
            pool: Vec::new(),
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

    /// Takes the fuel for one command, if there is any left.
    pub(super) fn has_fuel(&self) -> bool {
        let mut state = self.state();
        let has_fuel = state.fuel > 0;
        state.fuel = state.fuel.saturating_sub(1);
        has_fuel
    }

    /// A span of the model that begins here; `None` where nothing is recorded.
    pub(super) fn open(&self, start: Start) -> Option<usize> {
        let parent = match start {
            Start::Here => Some(PLACE.get()?.span),
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

    pub(super) fn close(&self, span: Option<usize>, outcome: Outcome) {
        if let Some(span) = span {
            let was = self.state().spans[span].outcome.replace(outcome);
            assert_eq!(was, None);
        }
    }

    pub(super) fn tag(&self, key: &str, value: i64) {
        span::add_tag(key, value);
        if let Some(Place { span, is_own: true }) = PLACE.get() {
            self.state().spans[span].tags.insert(key.to_owned(), value);
        }
    }

    pub(super) fn log(&self, message: String) {
        span::add_log(&message);
        if let Some(Place { span, is_own: true }) = PLACE.get() {
            self.state().spans[span].logs.push(message);
        }
    }

    /// A panic must be one of the program's own, not that of a failed assertion.
    pub(super) fn expect_oops(&self, payload: &dyn Any) {
        if payload.downcast_ref() != Some(&"oops") {
            self.state().has_failed = true;
        }
    }

    /// Says which span of the model the current one is.
    pub(super) fn name(&self) {
        if let Some(place) = PLACE.get() {
            self.tag("span", i64::try_from(place.span).unwrap());
        }
    }
}

/// The body of a span, in the model: goes around the real body, within the real span.
pub(super) struct Modeled<F> {
    world: World,
    start: Start,
    pub(super) span: Option<usize>,
    is_fresh: bool,
    is_done: bool,
    // Boxed, so that it can be dropped in its place.
    body: Option<Pin<Box<F>>>,
}

impl<F: Future<Output = Result<(), String>>> Future for Modeled<F> {
    type Output = Result<(), String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if std::mem::take(&mut this.is_fresh) {
            this.span = this.world.open(this.start);
        }
        let _at = this.enter();
        this.world.name();
        let poll = || this.body.as_mut().unwrap().as_mut().poll(cx);
        let polled = catch_unwind(AssertUnwindSafe(poll));
        let outcome = match &polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(Err(_))) if this.start == Start::Here => Outcome::Error,
            Ok(Poll::Ready(_)) => Outcome::Ok,
            Err(_) => Outcome::Panicked,
        };
        this.is_done = true;
        this.world.close(this.span, outcome);
        match polled {
            Ok(polled) => polled,
            Err(payload) => resume_unwind(payload),
        }
    }
}

impl<F> Modeled<F> {
    fn enter(&self) -> At {
        At::new(place_of(self.start, self.span))
    }
}

impl<F> Drop for Modeled<F> {
    fn drop(&mut self) {
        let _at = self.enter();
        self.body = None;
        if !self.is_done && !self.is_fresh {
            self.world.close(self.span, Outcome::Cancelled);
        }
    }
}

/// What surrounds the body of a span that began, if it is recorded.
pub(super) fn place_of(start: Start, span: Option<usize>) -> Option<Place> {
    match (span, start) {
        (Some(span), _) => Some(Place { span, is_own: true }),
        (None, Start::Refused) => None,
        (None, Start::Here | Start::Root) => PLACE.get(),
    }
}

pub(super) fn modeled<F>(world: &World, start: Start, body: F) -> Modeled<F> {
    Modeled {
        world: world.clone(),
        start,
        span: None,
        is_fresh: true,
        is_done: false,
        body: Some(Box::pin(body)),
    }
}

/// Says goodbye in whatever span it is dropped.
pub(super) struct Goodbye(pub(super) World, pub(super) i64);

impl Drop for Goodbye {
    fn drop(&mut self) {
        self.0.tag(&format!("goodbye {}", self.1), self.1);
    }
}

/// The model of `in_current_trace` and, without a place, of `attach`.
pub(super) struct Captured(pub(super) Option<Place>, pub(super) Body);

impl Future for Captured {
    type Output = Result<(), String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let _at = At::new(self.0);
        self.1.as_mut().poll(cx)
    }
}

impl Drop for Captured {
    fn drop(&mut self) {
        let _at = At::new(self.0);
        self.1 = Box::pin(std::future::ready(Ok(())));
    }
}
