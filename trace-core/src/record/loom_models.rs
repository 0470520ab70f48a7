//! Models of scopes of one trace that end on several threads.
//!
//! Loom's threads take turns on one thread of the operating system, and so share
//! the stage: it is emptied before another may have its turn.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use loom::thread;

use super::local_trace::{Head, LocalTrace};
use super::recording::Recording;
use super::{Caps, TracerCore, hot};
use crate::baggage::Baggage;
use crate::batch::SpanBatch;
use crate::clock::{Clock, Deadline};
use crate::collector::Collector;
use crate::context::TraceFlags;
use crate::delivery::{Queue, Worker, check};
use crate::fork::Generation;
use crate::id::TraceId;
use crate::id_generator::IdGenerator;
use crate::limits::Limits;
use crate::resource::Resource;
use crate::sampler::AlwaysOn;
use crate::span_record::SpanKind;
use crate::stream::{Header, Kind, Site};
use crate::tracestate::TraceState;

static SITE: Site = Site::new("model", SpanKind::Internal, "", 0, &[]);

/// What a collector saw: spans, and how many there were at each end of the trace.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<(u64, Vec<u64>)>>);

impl Collector for Seen {
    fn collect(&self, batch: &SpanBatch<'_>) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.0 += batch.len() as u64;
        let spans = seen.0;
        seen.1.extend(batch.completed_traces().map(|_| spans));
    }
}

struct World {
    tracer: Arc<TracerCore>,
    worker: Worker,
    seen: Seen,
}

impl World {
    fn new(max_queue_spans: usize) -> Self {
        let queue = Arc::new(Queue::new(max_queue_spans, usize::MAX));
        let seen = Seen::default();
        let clock = Clock::system();
        let worker = Worker::new(
            Arc::clone(&queue),
            clock.clone(),
            Resource::new("model"),
            Limits::default(),
            vec![Box::new(seen.clone())],
        );
        let tracer = Arc::new(TracerCore {
            generation: Generation::current(),
            sampler: Box::new(AlwaysOn),
            ids: IdGenerator::random(),
            clock,
            limits: Limits::default(),
            caps: Caps::default(),
            scheduled_delay: Duration::MAX,
            queue,
        });
        Self {
            tracer,
            worker,
            seen,
        }
    }

    fn begin(&self) -> Recording {
        let head = Head {
            trace_id: TraceId::PLACEHOLDER,
            flags: TraceFlags::RANDOM,
            tracestate: TraceState::default(),
            baggage: Baggage::default(),
            remote_parent: 0,
        };
        Recording::begin(&self.tracer, head)
    }

    fn flush(&mut self) {
        self.worker.flush(Deadline::after(Duration::ZERO));
    }

    /// Every span has come or is counted, and the end was said once, after all.
    #[track_caller]
    fn settle(mut self, spans: u64) {
        self.flush();
        let stats = self.tracer.queue.stats();
        assert_eq!((stats.started, stats.open), (spans, 0), "{stats:?}");
        assert_eq!(stats.delivered + stats.dropped.queue, spans, "{stats:?}");
        let seen = self.seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(*seen, (stats.delivered, vec![stats.delivered]));
    }
}

fn open(recording: &mut Recording, id: u64) {
    hot::set_span(0);
    hot::open_as(SITE.header().word(), id);
    recording.take_stage();
}

fn close(recording: &mut Recording, id: u64) {
    // Who has the turn is in another scope.
    hot::forget_newest();
    hot::close(Header::new(Kind::Close, 0, 0, 0), id, 0);
    recording.take_stage();
}

/// Two scopes with a span each end beside each other, and beside a flush.
fn two_scopes(max_queue_spans: usize) {
    let mut world = World::new(max_queue_spans);
    let mut one = world.begin();
    let mut two = one.fork();
    let thread = thread::spawn(move || {
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

/// A scope ends while its span is open; that goes on in another scope.
fn a_span_that_moves(max_queue_spans: usize) {
    let mut world = World::new(max_queue_spans);
    let mut home = world.begin();
    open(&mut home, 1);
    let trace: Arc<LocalTrace> = Arc::clone(home.trace());
    let thread = thread::spawn(move || {
        let mut elsewhere = Recording::join(&trace, Baggage::default());
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
