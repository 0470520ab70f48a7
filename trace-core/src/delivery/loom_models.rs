//! Models of what threads do with the queue: loom tries every order of their steps.
//!
//! The queue has room for one span. Who waits does so until it is woken, so that a
//! wake-up that is lost is a deadlock.

use std::sync::Arc;
use std::time::Duration;

use loom::thread;

use super::queue::{EndedPart, Queue, Work};
use super::worker::Worker;
use crate::clock::{Clock, Deadline};
use crate::context::TraceFlags;
use crate::id::TraceId;
use crate::limits::Limits;
use crate::resource::Resource;
use crate::stats::Stats;
use crate::stream::{Chunk, Header, Kind, Site};

static SITE: Site = Site::new("model", crate::SpanKind::Internal, "", 0, &[]);

/// Tries every order with at most two preemptions, or as many as the environment
/// says.
pub(crate) fn check(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(2);
    builder.check(model);
}

fn never() -> Deadline {
    Deadline::after(Duration::MAX)
}

fn at_once() -> Deadline {
    Deadline::after(Duration::ZERO)
}

fn queue() -> Arc<Queue> {
    Arc::new(Queue::new(1, usize::MAX))
}

fn worker(queue: &Arc<Queue>) -> Worker {
    Worker::new(
        Arc::clone(queue),
        Clock::system(),
        Resource::new("model"),
        Limits::default(),
        Vec::new(),
    )
}

/// A thread that delivers until the queue is closed.
fn start(queue: &Arc<Queue>) -> thread::JoinHandle<()> {
    let mut worker = worker(queue);
    let queue = Arc::clone(queue);
    thread::spawn(move || queue.stop(worker.run(Duration::ZERO)))
}

const ENDED: EndedPart = EndedPart {
    trace: TraceId::PLACEHOLDER,
    part: 1,
};

/// Records a span, as a scope does.
fn record(queue: &Queue, id: u64) {
    let mut chunk = Chunk::new();
    chunk.begin_piece([1, 1, 0], TraceId::PLACEHOLDER, TraceFlags::RANDOM, "", 0);
    let open = SITE.header();
    let close = Header::new(Kind::Close, 0, 0, 0);
    chunk
        .words
        .extend([open.word(), id, 0, 0, close.word(), id, 0]);
    chunk.opened = 1;
    queue.push(&mut chunk, 1);
}

fn recorder(queue: &Arc<Queue>, id: u64) -> thread::JoinHandle<()> {
    let queue = Arc::clone(queue);
    thread::spawn(move || record(&queue, id))
}

fn join(threads: [thread::JoinHandle<()>; 2]) {
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

#[track_caller]
fn conserved(queue: &Queue) -> Stats {
    let stats = queue.stats();
    let ended = stats.delivered + stats.sampled_out + stats.dropped.total();
    assert_eq!(stats.started, ended + stats.open, "{stats:?}");
    stats
}

/// Nothing is open any more.
#[track_caller]
fn settled(queue: &Queue, started: u64) -> Stats {
    let stats = conserved(queue);
    assert_eq!((stats.started, stats.open), (started, 0), "{stats:?}");
    stats
}

#[test]
fn of_two_spans_beside_a_flush_each_is_delivered_or_counted() {
    check(|| {
        let queue = queue();
        let threads = [recorder(&queue, 1), recorder(&queue, 2)];
        let mut worker = worker(&queue);
        worker.flush(at_once());
        join(threads);
        worker.flush(at_once());
        let stats = settled(&queue, 2);
        assert!(stats.delivered >= 1, "{stats:?}");
        assert_eq!(stats.delivered + stats.dropped.queue, 2);
    });
}

#[test]
fn the_counters_add_up_at_every_moment() {
    check(|| {
        let queue = queue();
        let other = Arc::clone(&queue);
        let thread = thread::spawn(move || {
            // As a trace does that the sampler refuses.
            other.counters.refuse();
            record(&other, 1);
            worker(&other).flush(at_once());
        });
        conserved(&queue);
        conserved(&queue);
        thread.join().unwrap();
        assert_eq!(settled(&queue, 2).delivered, 1);
    });
}

#[test]
fn what_is_pushed_wakes_the_worker() {
    check(|| {
        let queue = queue();
        let thread = recorder(&queue, 1);
        let mut work = Work::default();
        queue.wait_and_take(Duration::ZERO, None, &mut work);
        assert_eq!(work.chunks.len(), 1);
        thread.join().unwrap();
    });
}

#[test]
fn a_worker_that_waits_for_more_is_woken_by_what_half_fills_the_queue() {
    check(|| {
        let queue = Arc::new(Queue::new(2, usize::MAX));
        let threads = [recorder(&queue, 1), recorder(&queue, 2)];
        let mut work = Work::default();
        queue.wait_and_take(Duration::MAX, None, &mut work);
        assert_eq!(work.chunks.iter().map(|chunk| chunk.opened).sum::<u64>(), 2);
        join(threads);
    });
}

#[test]
fn chunks_that_are_given_back_make_room() {
    check(|| {
        // One chunk fills it.
        let queue = Arc::new(Queue::new(10, 1_024));
        let threads = [recorder(&queue, 1), recorder(&queue, 2)];
        let mut worker = worker(&queue);
        worker.flush(at_once());
        join(threads);
        worker.flush(at_once());
        record(&queue, 3);
        worker.flush(at_once());
        let stats = settled(&queue, 3);
        assert!(stats.delivered >= 2, "{stats:?}");
        assert_eq!(stats.delivered + stats.dropped.queue, 3);
    });
}

#[test]
fn the_end_of_a_trace_wakes_the_worker() {
    check(|| {
        let queue = queue();
        let other = Arc::clone(&queue);
        let thread = thread::spawn(move || other.complete(ENDED));
        let mut work = Work::default();
        queue.wait_and_take(Duration::ZERO, None, &mut work);
        assert_eq!(work.completed, [ENDED]);
        thread.join().unwrap();
    });
}

#[test]
fn two_flushes_cover_what_was_handed_over_before() {
    check(|| {
        let queue = queue();
        let ends = start(&queue);
        let other = Arc::clone(&queue);
        let flushes = thread::spawn(move || {
            let number = other.ask_flush(never());
            assert!(other.wait_flush(number, never()).is_some());
        });
        record(&queue, 1);
        let number = queue.ask_flush(never());
        assert!(queue.wait_flush(number, never()).is_some());
        assert_eq!(settled(&queue, 1).delivered, 1);
        flushes.join().unwrap();
        queue.close(never());
        ends.join().unwrap();
    });
}

#[test]
fn a_flush_beside_a_shutdown_ends() {
    check(|| {
        let queue = queue();
        let ends = start(&queue);
        let other = Arc::clone(&queue);
        let flushes = thread::spawn(move || {
            let number = other.ask_flush(never());
            other.wait_flush(number, never());
        });
        queue.close(never());
        assert!(queue.wait_stop(never()).is_some());
        flushes.join().unwrap();
        ends.join().unwrap();
    });
}

#[test]
fn a_span_beside_a_shutdown_is_delivered_or_counted() {
    check(|| {
        let queue = queue();
        let ends = start(&queue);
        let records = recorder(&queue, 1);
        queue.close(never());
        assert!(queue.wait_stop(never()).is_some());
        records.join().unwrap();
        ends.join().unwrap();
        let stats = settled(&queue, 1);
        assert_eq!(stats.delivered + stats.dropped.shutdown, 1);
    });
}

#[test]
fn a_span_that_is_given_up_is_delivered_or_counted() {
    check(|| {
        let queue = queue();
        record(&queue, 1);
        let ends = start(&queue);
        let other = Arc::clone(&queue);
        let gives_up = thread::spawn(move || {
            other.close(at_once());
            if other.wait_stop(at_once()).is_none() {
                other.abandon();
            }
        });
        conserved(&queue);
        gives_up.join().unwrap();
        ends.join().unwrap();
        let stats = settled(&queue, 1);
        assert_eq!(stats.delivered + stats.dropped.shutdown, 1);
    });
}
