//! Random programs against a model.
//!
//! A program is a set of futures, each of which does at random what code can do:
//! opens spans around async and plain code, adds tags and logs, suspends, fails,
//! panics, flushes, begins roots, and polls, drops or moves the other futures. The
//! model does the same in the simplest way. At the end the spans must be the same.

use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use trace_core::{MemoryCollector, Outcome, SpanRecord, TraceFuture, Tracer, span, traced};

use super::{Rng, assert_conserved, settled};

type Body = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// A span that must come out.
#[derive(Debug)]
struct Expected {
    parent: Option<usize>,
    root: usize,
    tags: BTreeMap<String, i64>,
    logs: Vec<String>,
    outcome: Option<Outcome>,
}

/// What surrounds the running code: a span, and whether it takes tags here.
#[derive(Clone, Copy, Debug)]
struct Place {
    span: usize,
    is_own: bool,
}

thread_local! {
    static PLACE: Cell<Option<Place>> = const { Cell::new(None) };
}

/// Goes to a place until dropped.
struct At(Option<Place>);

impl At {
    fn new(place: Option<Place>) -> Self {
        Self(PLACE.replace(place))
    }
}

impl Drop for At {
    fn drop(&mut self) {
        PLACE.set(self.0);
    }
}

struct State {
    rng: Rng,
    /// Commands that may still be executed.
    fuel: u32,
    spans: Vec<Expected>,
    has_failed: bool,
    /// Futures that anybody may poll, drop or move.
    pool: Vec<Body>,
}

#[derive(Clone)]
struct World {
    state: Arc<Mutex<State>>,
    tracer: Tracer,
}

impl World {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn choose(&self, bound: u64) -> u64 {
        self.state().rng.below(bound)
    }

    /// A span of the model that begins here; `None` where nothing is recorded.
    fn open(&self, is_root: bool) -> Option<usize> {
        let parent = PLACE.get().map(|place| place.span).filter(|_| !is_root);
        if parent.is_none() && !is_root {
            return None;
        }
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

    fn close(&self, span: Option<usize>, outcome: Outcome) {
        if let Some(span) = span {
            let was = self.state().spans[span].outcome.replace(outcome);
            assert_eq!(was, None);
        }
    }

    fn tag(&self, key: &str, value: i64) {
        span::add_tag(key, value);
        if let Some(Place { span, is_own: true }) = PLACE.get() {
            self.state().spans[span].tags.insert(key.to_owned(), value);
        }
    }

    fn log(&self, message: String) {
        span::add_log(&message);
        if let Some(Place { span, is_own: true }) = PLACE.get() {
            self.state().spans[span].logs.push(message);
        }
    }

    /// A panic must be one of the program's own, not that of a failed assertion.
    fn expect_oops(&self, payload: &dyn Any) {
        if payload.downcast_ref() != Some(&"oops") {
            self.state().has_failed = true;
        }
    }

    /// Says which span of the model the current one is.
    fn name(&self) {
        if let Some(place) = PLACE.get() {
            self.tag("span", i64::try_from(place.span).unwrap());
        }
    }
}

/// The body of a span, in the model: goes around the real body, within the real span.
struct Modeled<F> {
    world: World,
    is_root: bool,
    span: Option<usize>,
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
            this.span = this.world.open(this.is_root);
        }
        let _at = this.enter();
        this.world.name();
        let poll = || this.body.as_mut().unwrap().as_mut().poll(cx);
        let polled = catch_unwind(AssertUnwindSafe(poll));
        let outcome = match &polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(Err(_))) if !this.is_root => Outcome::Error,
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
        At::new(match self.span {
            Some(span) => Some(Place { span, is_own: true }),
            None => PLACE.get(),
        })
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

fn modeled<F>(world: &World, is_root: bool, body: F) -> Modeled<F> {
    Modeled {
        world: world.clone(),
        is_root,
        span: None,
        is_fresh: true,
        is_done: false,
        body: Some(Box::pin(body)),
    }
}

/// Says goodbye in whatever span it is dropped.
struct Goodbye(World, i64);

impl Drop for Goodbye {
    fn drop(&mut self) {
        self.0.tag(&format!("goodbye {}", self.1), self.1);
    }
}

#[traced("span")]
async fn child(world: World) -> Result<(), String> {
    modeled(&world, false, run(world.clone())).await
}

/// A new future of a random kind.
fn future(world: &World) -> Body {
    let world = world.clone();
    match world.choose(6) {
        0 => {
            let body = modeled(&world, true, run(world.clone()));
            Box::pin(world.tracer.root("span").run(body))
        }
        // A plain one, which belongs to nobody.
        1 => Box::pin(run(world)),
        2 => {
            let place = PLACE.get().map(|place| Place {
                is_own: false,
                ..place
            });
            let captured = Captured(place, run(world));
            Box::pin(captured.in_current_trace())
        }
        _ => Box::pin(child(world)),
    }
}

/// The model of `in_current_trace`.
struct Captured(Option<Place>, Body);

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

/// Executes random commands until it is told to return.
fn run(world: World) -> Body {
    Box::pin(async move {
        let mut goodbyes = Vec::new();
        loop {
            {
                let mut state = world.state();
                if state.fuel == 0 {
                    return Ok(());
                }
                state.fuel -= 1;
            }
            match world.choose(16) {
                0..=2 => {
                    let mut is_first = true;
                    std::future::poll_fn(|_| match std::mem::take(&mut is_first) {
                        true => Poll::Pending,
                        false => Poll::Ready(()),
                    })
                    .await;
                }
                3 => {
                    let number = i64::try_from(world.choose(1 << 40)).unwrap();
                    world.tag(&format!("tag {number}"), number);
                }
                4 => {
                    let length = usize::try_from(world.choose(100)).unwrap();
                    world.log("x".repeat(length));
                }
                5..=7 => child(world.clone()).await?,
                8 => {
                    let future = future(&world);
                    world.state().pool.push(future);
                }
                9..=10 => poll_one(&world),
                11 => drop_one(&world),
                12 => in_sync_span(&world),
                13 => match world.choose(8) {
                    0 => return Err("failed".to_owned()),
                    1 => resume_unwind(Box::new("oops")),
                    _ => {
                        let number = i64::try_from(world.choose(1 << 40)).unwrap();
                        goodbyes.push(Goodbye(world.clone(), number));
                    }
                },
                14 => assert_conserved(&world.tracer.stats()),
                _ => return Ok(()),
            }
        }
    })
}

fn in_sync_span(world: &World) {
    let is_root = world.choose(2) == 0;
    let body = || {
        let span = world.open(is_root);
        let place = span.map_or(PLACE.get(), |span| Some(Place { span, is_own: true }));
        let at = At::new(place);
        world.name();
        let polled = catch_unwind(AssertUnwindSafe(|| {
            poll_one(world);
            if world.choose(10) == 0 {
                resume_unwind(Box::new("oops"));
            }
        }));
        drop(at);
        let outcome = if polled.is_ok() {
            Outcome::Ok
        } else {
            Outcome::Panicked
        };
        world.close(span, outcome);
        if let Err(payload) = polled {
            resume_unwind(payload);
        }
    };
    let caught = catch_unwind(AssertUnwindSafe(|| {
        if is_root {
            world.tracer.root("span").run_sync(body);
        } else {
            span::in_span("span", body);
        }
    }));
    if let Err(payload) = caught {
        world.expect_oops(&*payload);
    }
}

fn take_one(world: &World) -> Option<Body> {
    let mut state = world.state();
    let count = state.pool.len() as u64;
    if count == 0 {
        return None;
    }
    let index = usize::try_from(state.rng.below(count)).unwrap();
    Some(state.pool.swap_remove(index))
}

/// Polls one of the futures in the pool right here.
fn poll_one(world: &World) {
    let Some(mut future) = take_one(world) else {
        return;
    };
    let mut cx = Context::from_waker(Waker::noop());
    let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut cx)));
    match polled {
        Ok(Poll::Pending) => world.state().pool.push(future),
        Ok(Poll::Ready(_)) => drop(future),
        Err(payload) => {
            drop(future);
            world.expect_oops(&*payload);
        }
    }
}

fn drop_one(world: &World) {
    drop(take_one(world));
}

/// Executes one program; returns how many spans it had.
fn execute(seed: u64, threads: &Threads) -> usize {
    let spans = MemoryCollector::new();
    let tracer = Tracer::builder("stress")
        .on_demand()
        .collector(spans.clone())
        .build()
        .unwrap();
    let world = World {
        state: Arc::new(Mutex::new(State {
            rng: Rng(seed),
            fuel: 150,
            spans: Vec::new(),
            has_failed: false,
            pool: Vec::new(),
        })),
        tracer: tracer.clone(),
    };
    loop {
        if world.state().fuel == 0 {
            break;
        }
        match world.choose(8) {
            0..=1 => {
                let future = future(&world);
                world.state().pool.push(future);
            }
            2..=3 => poll_one(&world),
            4 => drop_one(&world),
            5 => drop(tracer.flush(Duration::ZERO)),
            _ => {
                let world = world.clone();
                threads.run(Box::new(move || poll_one(&world)));
            }
        }
        let mut state = world.state();
        state.fuel = state.fuel.saturating_sub(1);
    }
    while !world.state().pool.is_empty() {
        if world.choose(2) == 0 {
            poll_one(&world);
        } else {
            drop_one(&world);
        }
    }
    assert_eq!(settled(&tracer).delivered, spans.spans().len() as u64);
    assert!(!world.state().has_failed, "seed {seed}");
    compare(seed, &world.state().spans, &spans.take());
    world.state().spans.len()
}

fn compare(seed: u64, expected: &[Expected], spans: &[SpanRecord]) {
    let number = |span: &SpanRecord| {
        let number = span.tag("span").and_then(|value| value.as_i64());
        usize::try_from(number.unwrap_or_else(|| panic!("seed {seed}: {span:#?}"))).unwrap()
    };
    let by_number: BTreeMap<usize, &SpanRecord> =
        spans.iter().map(|span| (number(span), span)).collect();
    assert_eq!(
        (by_number.len(), spans.len()),
        (expected.len(), expected.len()),
        "seed {seed}"
    );
    for (number, expected) in expected.iter().enumerate() {
        let span = by_number[&number];
        let at = format!("seed {seed}: {expected:?} is {span:#?}");
        let parent = expected.parent.map(|parent| by_number[&parent].span_id);
        assert_eq!(span.parent_span_id, parent, "{at}");
        assert_eq!(span.trace_id, by_number[&expected.root].trace_id, "{at}");
        assert_eq!(Some(span.outcome), expected.outcome, "{at}");
        let mut logs: Vec<_> = span
            .logs
            .iter()
            .map(|log| log.message.to_string())
            .collect();
        logs.retain(|message| message != "exception");
        assert_eq!(logs, expected.logs, "{at}");
        let tags: BTreeMap<String, i64> = span
            .tags
            .iter()
            .filter_map(|tag| Some((tag.key.to_string(), tag.value.as_i64()?)))
            .collect();
        assert_eq!(tags, expected.tags, "{at}");
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// Another thread, on which jobs are run one after the other.
struct Threads {
    jobs: std::sync::mpsc::Sender<Job>,
    done: std::sync::mpsc::Receiver<()>,
}

impl Threads {
    fn new() -> Self {
        let (jobs, received) = std::sync::mpsc::channel::<Job>();
        let (finished, done) = std::sync::mpsc::channel();
        std::thread::Builder::new()
            .spawn(move || {
                for job in received {
                    job();
                    let _sent = finished.send(());
                }
            })
            .unwrap();
        Self { jobs, done }
    }

    fn run(&self, job: Job) {
        self.jobs.send(job).unwrap();
        self.done.recv().unwrap();
    }
}

#[test]
fn random_programs_record_what_the_model_says() {
    let threads = Threads::new();
    let spans: usize = (1_000..3_100).map(|seed| execute(seed, &threads)).sum();
    assert!(spans > 15_000, "{spans}");
}
