//! Loom models of the scopes of one trace and of one span on several threads.
//!
//! Loom runs its threads in turn on one thread of the operating system, so they share the
//! stage. Each helper here moves the stage into its scope's chunk before another thread can
//! run. The models of the queue are in `delivery/loom_models.rs`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::collector::{Collector, SpanBatch};
use crate::delivery::{Worker, WorkerOptions, check};
use crate::process::clock::{Clock, Deadline};
use crate::process::fork::Generation;
use crate::process::id_generator::IdGenerator;
use crate::process::sync::Unpoisoned;
use crate::record::scope::Recording;
use crate::record::span::{Ending, Visits};
use crate::record::trace::{Home, LocalTrace, SpanEnd, TracerCore, TrustAllowances};
use crate::record::{thread, write};
use crate::sampler::AlwaysOn;
use crate::stream::Site;
use crate::value::{Baggage, Limits, Outcome, Resource, SpanId, SpanKind, TraceFlags, TraceId};

static SITE: Site = Site::new("model", SpanKind::Internal, "", 0, &[]);

/// What a collector received: the number of spans, and that number at each end of the trace.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<(u64, Vec<u64>)>>);

impl Collector for Seen {
    fn collect(&self, batch: &SpanBatch<'_>) {
        let mut seen = self.0.lock().unpoisoned();
        seen.0 += batch.len() as u64;
        let spans = seen.0;
        seen.1.extend(batch.completed_traces().map(|_| spans));
    }
}

/// A tracer without threads. Its worker runs where a model flushes.
struct World {
    tracer: Arc<TracerCore>,
    worker: Worker,
    seen: Seen,
}

impl World {
    fn new(max_queue_spans: usize) -> Self {
        let seen = Seen::default();
        let clock = Clock::system();
        let options = WorkerOptions {
            clock: clock.clone(),
            resource: Resource::new("model"),
            limits: Limits::default(),
            redactor: None,
            scheduled_delay: Duration::MAX,
            max_queue_spans,
            max_queue_bytes: usize::MAX,
            has_threads: false,
        };
        let worker = Worker::new(options, vec![Box::new(seen.clone())]);
        let queue = Arc::clone(worker.queue());
        let tracer = Arc::new(TracerCore {
            generation: Generation::current(),
            sampler: Box::new(AlwaysOn),
            ids: IdGenerator::random(),
            clock,
            limits: Limits::default(),
            trust_allowances: TrustAllowances::default(),
            scheduled_delay: Duration::MAX,
            queue,
            has_ended: std::sync::atomic::AtomicBool::new(false),
            #[cfg(feature = "testing")]
            watch: None,
        });
        Self {
            tracer,
            worker,
            seen,
        }
    }

    fn begin(&self) -> Recording {
        Recording::begin(&self.tracer, TraceId::PLACEHOLDER, TraceFlags::RANDOM)
    }

    fn flush(&mut self) {
        self.worker.flush(Deadline::after(Duration::ZERO));
    }

    /// Checks that every span was delivered or counted as dropped, and that the end of the
    /// trace was reported once, after all spans.
    #[track_caller]
    fn settle(mut self, spans: u64) {
        self.flush();
        let stats = self.tracer.queue.stats();
        assert_eq!((stats.started, stats.open), (spans, 0), "{stats:?}");
        assert_eq!(stats.delivered + stats.dropped.queue, spans, "{stats:?}");
        let seen = self.seen.0.lock().unpoisoned();
        assert_eq!(*seen, (stats.delivered, vec![stats.delivered]));
    }
}

/// Opens a span in a scope.
fn open(recording: &mut Recording, id: u64) {
    thread::set_span(0);
    write::open_as(&SITE, SpanId::from_stream(id));
    recording.take_stage();
}

/// Ends a span in a scope.
fn close(recording: &mut Recording, id: u64) {
    // Another thread may have run, so the newest span may belong to another scope.
    thread::forget_newest();
    write::close(id, 0, Outcome::Ok);
    recording.take_stage();
}

/// Two scopes with one span each end concurrently with each other and with a flush.
fn two_scopes(max_queue_spans: usize) {
    let mut world = World::new(max_queue_spans);
    let mut one = world.begin();
    let mut two = one.join_below(0);
    let thread = loom::thread::spawn(move || {
        open(&mut two, 2);
        close(&mut two, 2);
        two.end();
    });
    open(&mut one, 1);
    close(&mut one, 1);
    one.end();
    world.flush();
    assert!(thread.join().is_ok());
    world.settle(2);
}

#[test]
fn of_two_scopes_the_last_says_that_the_trace_ends() {
    check(|| two_scopes(10));
}

#[test]
fn the_end_is_said_although_one_of_two_scopes_may_be_lost() {
    check(|| two_scopes(1));
}

/// A scope ends while its span is open; the span continues in another scope.
fn a_span_that_moves(max_queue_spans: usize) {
    let mut world = World::new(max_queue_spans);
    let mut home = world.begin();
    open(&mut home, 1);
    let trace: Arc<LocalTrace> = Arc::clone(home.trace());
    let thread = loom::thread::spawn(move || {
        let mut elsewhere = Recording::join(&trace, Baggage::default(), 0);
        close(&mut elsewhere, 1);
        elsewhere.end();
    });
    home.end();
    world.flush();
    assert!(thread.join().is_ok());
    world.settle(1);
}

#[test]
fn a_span_that_ends_beside_its_scope_ends_the_trace_once() {
    check(|| a_span_that_moves(10));
}

#[test]
fn a_span_that_moves_is_counted_although_its_end_may_be_lost() {
    check(|| a_span_that_moves(1));
}

/// A span that threads share, and its entries in the order in which they are handed over.
#[derive(Default)]
struct Shared {
    visits: Visits,
    handed_over: Mutex<Vec<&'static str>>,
}

impl Shared {
    fn hand_over(&self, entry: &'static str) {
        let mut all = self.handed_over.lock().unpoisoned();
        all.push(entry);
    }

    /// Writes a tag in a visit. Returns whether the visit began before the span ended.
    fn visit(&self) -> bool {
        let begun = self.visits.begin_visit();
        let is_in_time = begun.is_ok();
        let end = match begun {
            Ok(()) => {
                self.hand_over("tag");
                self.visits.end_visit()
            }
            Err(end) => end,
        };
        if end.is_some() {
            self.hand_over("end");
        }
        is_in_time
    }

    fn end(&self) {
        if self.visits.end(END) == Ending::Now {
            self.hand_over("end");
        }
    }

    /// Checks that all tags that were written in time come before the end, and that there is
    /// one end.
    fn check(&self, in_time: usize) {
        let all = self.handed_over.lock().unpoisoned();
        let mut expected = vec!["tag"; in_time];
        expected.push("end");
        assert_eq!(*all, expected);
    }
}

const END: SpanEnd = SpanEnd {
    span: 1,
    outcome: Outcome::Ok,
    time: 1,
    ended_at: None,
};

#[test]
fn a_span_that_is_ended_beside_a_visit_ends_once_and_after_it() {
    check(|| {
        let shared = Arc::new(Shared::default());
        let other = Arc::clone(&shared);
        let thread = loom::thread::spawn(move || other.visit());
        shared.end();
        let is_in_time = thread.join().is_ok_and(|is_in_time| is_in_time);
        shared.check(is_in_time.into());
    });
}

#[test]
fn a_span_that_two_threads_end_ends_once() {
    check(|| {
        let shared = Arc::new(Shared::default());
        let other = Arc::clone(&shared);
        let thread = loom::thread::spawn(move || {
            let is_in_time = other.visit();
            other.end();
            is_in_time
        });
        shared.end();
        let is_in_time = thread.join().is_ok_and(|is_in_time| is_in_time);
        shared.check(is_in_time.into());
    });
}

/// A scope that handed over while one of its spans was open, and continues.
struct Sleeper {
    home: Arc<Home>,
    handed_over: Mutex<Vec<&'static str>>,
}

impl Sleeper {
    fn hand_over(&self, entries: &mut Vec<&'static str>) {
        let mut all = self.handed_over.lock().unpoisoned();
        all.append(entries);
    }

    /// Ends a poll that has recorded `entries`, as [`Recording::end_poll`] does. Returns the
    /// entries that the scope keeps.
    fn end_poll(&self, mut entries: Vec<&'static str>, is_due: bool) -> Vec<&'static str> {
        if is_due || self.home.has_ends() {
            entries.extend(self.home.take_ends().iter().map(|_| "end"));
            self.hand_over(&mut entries);
        }
        while entries.is_empty() && self.home.set_resting() {
            self.home.set_busy();
            entries.extend(self.home.take_ends().iter().map(|_| "end"));
            self.hand_over(&mut entries);
        }
        entries
    }

    /// Ends the span as another thread that holds it would.
    fn end_elsewhere(&self) {
        if self.home.leave_end(END).is_err() {
            self.hand_over(&mut vec!["end"]);
        }
    }
}

/// A scope tags a span that another thread ends. Then the scope sleeps or ends.
fn an_end_elsewhere(is_due: bool, scope_ends: bool) {
    let sleeper = Arc::new(Sleeper {
        home: Home::new(1),
        handed_over: Mutex::default(),
    });
    let entries = vec!["tag"];
    let other = Arc::clone(&sleeper);
    // The span moves after the scope has tagged it.
    let thread = loom::thread::spawn(move || other.end_elsewhere());
    let mut kept = sleeper.end_poll(entries, is_due);
    if scope_ends {
        // As `Recording::end` does.
        kept.extend(sleeper.home.take_ends().iter().map(|_| "end"));
        sleeper.hand_over(&mut kept);
        kept.extend(sleeper.home.close_and_take_ends().iter().map(|_| "end"));
        sleeper.hand_over(&mut kept);
    }
    assert!(thread.join().is_ok());
    if !kept.is_empty() {
        // The scope hands over later what it kept.
        kept.extend(sleeper.home.take_ends().iter().map(|_| "end"));
        sleeper.hand_over(&mut kept);
    }
    let all = sleeper.handed_over.lock().unpoisoned();
    assert_eq!(*all, ["tag", "end"]);
}

#[test]
fn a_scope_that_sleeps_with_nothing_does_not_keep_the_end_of_a_span() {
    check(|| an_end_elsewhere(true, false));
}

#[test]
fn a_scope_that_keeps_something_of_a_span_writes_its_end() {
    check(|| an_end_elsewhere(false, false));
}

#[test]
fn a_scope_that_ends_beside_the_end_of_its_span_writes_it_or_not() {
    check(|| an_end_elsewhere(true, true));
    check(|| an_end_elsewhere(false, true));
}

/// A span that was handed over with its scope's first piece is ended in another scope, while
/// its own scope continues and ends.
#[test]
fn a_span_of_a_scope_that_goes_on_is_counted_wherever_it_ends() {
    check(|| {
        let mut world = World::new(10);
        let mut home = world.begin();
        open(&mut home, 1);
        home.hand_over();
        let trace: Arc<LocalTrace> = Arc::clone(home.trace());
        let scope = home.number();
        let thread = loom::thread::spawn(move || {
            let mut elsewhere = Recording::join(&trace, Baggage::default(), 0);
            if trace.leave_end(scope, END).is_err() {
                close(&mut elsewhere, 1);
            }
            elsewhere.end();
        });
        home.end();
        world.flush();
        assert!(thread.join().is_ok());
        world.settle(1);
    });
}
