//! The commands of the threads.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use trace_core::{OpenSpan, Tracer, span, traced};

use crate::library::Yield;
use crate::random::Random;

/// The name of roots that the sampler refuses.
pub(super) const REFUSED: &str = "refused";

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The maximum number of tasks that any thread may poll, move or drop.
const MAX_POOL: usize = 1_000;
/// More spans than a tracer keeps open over several chunks.
const CROWD: usize = 70_000;
/// The number of a thread's commands between two polls of a long task.
const LONG_TASK_EVERY: u64 = 64;
const CROWD_EVERY: u64 = 100_000;
/// For this many commands a thread waits for the collectors. For the same number after that,
/// it does not.
const CALM: u64 = 8_192;
const FLUSH_EVERY: u64 = 256;

/// The shared state of the threads.
pub(super) struct World {
    pub(super) tracer: Tracer,
    opened: AtomicU64,
    refused: AtomicU64,
    is_over: AtomicBool,
    pool: Mutex<Vec<Task>>,
    /// Tasks that live as long as the program.
    long: Mutex<Vec<Task>>,
    /// Spans that any number of threads may use at once.
    pub(super) held: Mutex<Vec<Arc<OpenSpan>>>,
    events: [AtomicU64; EVENTS.len()],
}

const EVENTS: [&str; 9] = [
    "tasks polled where they did not begin",
    "tasks dropped where they did not begin",
    "panics",
    "threads that ended with spans open",
    "flushes within a span",
    "polls of tasks that live as long as the program",
    "crowds of open spans",
    "held spans used where they were not started",
    "held spans ended there",
];

#[derive(Clone, Copy)]
pub(super) enum Event {
    Moved,
    Dropped,
    Panicked,
    ThreadEnded,
    Flushed,
    LongPolled,
    Crowd,
    Visited,
    EndedByAny,
}

thread_local! {
    /// The number of spans that were opened on this thread and are not yet counted.
    static OPENED: Cell<u64> = const { Cell::new(0) };
    /// Tasks that end with the thread.
    static LEFT: RefCell<Vec<Task>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn open(spans: u64) {
    OPENED.set(OPENED.get() + spans);
}

#[traced(tags(number))]
pub(super) fn leaf(number: usize) {
    open(1);
    std::hint::black_box(number);
}

#[traced]
fn branch() {
    open(1);
    (0..10).for_each(leaf);
}

#[traced]
async fn step(mut random: Random, depth: usize) {
    open(1);
    for number in 0..random.below(6) {
        match random.below(10) {
            0..=1 if depth < 4 => boxed_step(Random::new(random.next()), depth + 1).await,
            2..=3 => Yield(1).await,
            4 if random.chance(10) => resume_unwind(Box::new("oops")),
            5 if random.chance(10) => (0..9).for_each(|_| span::add_log("x".repeat(4_000))),
            6 => branch(),
            _ => leaf(number),
        }
    }
}

/// A future that stays pending until it is dropped.
#[traced]
async fn member() {
    open(1);
    std::future::pending().await
}

fn boxed_step(random: Random, depth: usize) -> Task {
    Box::pin(step(random, depth))
}

/// A task that never ends.
async fn long() {
    open(1);
    loop {
        branch();
        span::add_tag("still", "here");
        Yield(1).await;
    }
}

impl World {
    pub(super) fn new(tracer: Tracer) -> Self {
        let long = (0..4).map(|_| Box::pin(tracer.root("long").run(long())) as Task);
        Self {
            long: Mutex::new(long.collect()),
            tracer,
            opened: AtomicU64::default(),
            refused: AtomicU64::default(),
            is_over: AtomicBool::default(),
            pool: Mutex::default(),
            held: Mutex::default(),
            events: Default::default(),
        }
    }

    /// Starts a thread, which records until it is stopped.
    pub(super) fn start(
        self: &Arc<Self>,
        index: u64,
        seed: u64,
    ) -> std::io::Result<JoinHandle<()>> {
        let world = Arc::clone(self);
        let mut random = Random::new(seed.wrapping_mul(1_000) + index);
        Builder::new()
            .name(format!("conservation-{index}"))
            .spawn(move || match index {
                // In a scope that lives until the program ends.
                0 => {
                    let root = world.tracer.root("longest");
                    root.run_sync(|| {
                        open(1);
                        world.record(&mut random, || leaf(0));
                    });
                }
                _ => world.record(&mut random, || {}),
            })
    }

    fn record(&self, random: &mut Random, between: impl Fn()) {
        let mut commands = 0_u64;
        while !self.is_over.load(Ordering::Relaxed) {
            self.act(random);
            between();
            commands += 1;
            if commands.is_multiple_of(LONG_TASK_EVERY) {
                self.poll_long();
            }
            if commands.is_multiple_of(CROWD_EVERY) {
                self.crowd();
            }
            let is_calm = (commands / CALM).is_multiple_of(2);
            if is_calm && commands.is_multiple_of(FLUSH_EVERY) {
                let _report = self.tracer.flush(Duration::from_secs(1));
            }
            self.count();
        }
    }

    pub(super) fn stop(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Drops the remaining tasks and spans.
    pub(super) fn clear(&self) {
        lock(&self.pool).clear();
        lock(&self.long).clear();
        lock(&self.held).clear();
        self.count();
    }

    pub(super) fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    pub(super) fn events(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self
            .events
            .iter()
            .map(|count| count.load(Ordering::Relaxed));
        EVENTS.into_iter().zip(counts)
    }

    pub(super) fn note(&self, event: Event) {
        if let Some(count) = self.events.get(event as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts the spans that this thread has opened.
    fn count(&self) {
        self.opened.fetch_add(OPENED.take(), Ordering::Relaxed);
    }

    fn act(&self, random: &mut Random) {
        match random.below(1_000) {
            0..400 => self.tracer.root("tree").run_sync(|| {
                open(1);
                (0..10).for_each(|_| branch());
            }),
            400..500 => (0..10).for_each(|_| self.hold(random)),
            // A task in its own scope, or one that begins in another trace and leaves it.
            500..600 => {
                let body = boxed_step(Random::new(random.next()), 0);
                let task = Box::pin(self.tracer.root("task").run(async {
                    open(1);
                    body.await;
                }));
                self.poll(task, random);
            }
            600..700 => {
                let task = boxed_step(Random::new(random.next()), 0);
                self.tracer.root("home").run_sync(|| {
                    open(1);
                    self.poll(task, random);
                });
            }
            700..850 => self.elsewhere(random, |task, random| {
                self.note(Event::Moved);
                self.poll(task, random);
            }),
            850..950 => self.elsewhere(random, |task, _| {
                self.note(Event::Dropped);
                drop(task);
            }),
            950..999 => self.refuse(|| span::in_span("not recorded", || {})),
            _ if random.chance(30) => self.end_thread(),
            _ => self.tracer.root("flushes").run_sync(|| {
                open(1);
                leaf(1);
                self.note(Event::Flushed);
                let _report = self.tracer.flush(Duration::from_millis(1));
                leaf(2);
            }),
        }
    }

    pub(super) fn note_refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refuse(&self, body: impl FnOnce()) {
        self.note_refused();
        self.tracer.root(REFUSED).run_sync(body);
    }

    /// Moves a task out of the place where it began.
    fn elsewhere(&self, random: &mut Random, body: impl FnOnce(Task, &mut Random)) {
        let task = {
            let mut pool = lock(&self.pool);
            let count = pool.len();
            (count > 0).then(|| pool.swap_remove(random.below(count)))
        };
        let Some(task) = task else { return };
        match random.below(4) {
            0 => body(task, random),
            1 => self.tracer.root("other").run_sync(|| {
                open(1);
                body(task, random);
                leaf(3);
            }),
            2 => self.tracer.attach_sync(|| body(task, random)),
            _ => self.refuse(|| body(task, random)),
        }
    }

    /// Polls a task, and shares it with all threads or drops it.
    fn poll(&self, mut task: Task, random: &mut Random) {
        match poll_once(&mut task) {
            None => self.note(Event::Panicked),
            Some(Poll::Pending) if random.chance(80) => {
                let mut pool = lock(&self.pool);
                if pool.len() < MAX_POOL {
                    pool.push(task);
                }
            }
            Some(_) => {}
        }
    }

    fn poll_long(&self) {
        let Some(mut task) = lock(&self.long).pop() else {
            return;
        };
        self.note(Event::LongPolled);
        let _pending = poll_once(&mut task);
        lock(&self.long).push(task);
    }

    /// Opens more spans than a tracer keeps, with a flush while they are open.
    fn crowd(&self) {
        self.note(Event::Crowd);
        let mut members: Vec<Task> = Vec::new();
        self.tracer.root("crowd").run_sync(|| {
            open(1);
            for _ in 0..CROWD {
                let mut member: Task = Box::pin(member());
                let _pending = poll_once(&mut member);
                members.push(member);
            }
            let _report = self.tracer.flush(Duration::from_millis(10));
        });
        drop(members);
    }

    /// Starts a thread that ends while spans are open. The spans end with it.
    fn end_thread(&self) {
        let tasks: Vec<Task> = {
            let mut pool = lock(&self.pool);
            let count = pool.len().min(5);
            pool.drain(..count).collect()
        };
        self.note(Event::ThreadEnded);
        std::thread::scope(|scope| {
            let ends = || {
                // Registered before anything is recorded, so it is dropped last.
                LEFT.with_borrow_mut(|left| left.extend(tasks));
                self.tracer.root("ends").run_sync(|| {
                    open(1);
                    let mut member: Task = Box::pin(member());
                    let _pending = poll_once(&mut member);
                    LEFT.with_borrow_mut(|left| left.push(member));
                });
                self.count();
            };
            let thread = Builder::new().spawn_scoped(scope, ends);
            // If there is no thread, the remaining tasks are dropped here.
            thread.map(|thread| thread.join()).ok()
        });
    }
}

/// Polls once; `None` if the task panicked.
fn poll_once(task: &mut Task) -> Option<Poll<()>> {
    let poll = || task.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    catch_unwind(AssertUnwindSafe(poll)).ok()
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
