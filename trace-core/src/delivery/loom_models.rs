//! Loom models of threads that use the queue. Loom tries every order of their steps.
//!
//! The queue has room for one span. Loom has no time, so a waiting thread waits until it is
//! woken. So a lost wake-up is a deadlock, which loom reports. The models cover the queue, its
//! worker and its lanes. The models of traces are in `record/loom_models.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64 as StdAtomicU64, Ordering};
use std::time::Duration;

use loom::thread;

use super::queue::{LaneOptions, Queue, Work};
use super::worker::{Worker, WorkerOptions};
use crate::collector::{SpanBatch, collector_fn};
use crate::diagnostics::stats::Stats;
use crate::process::clock::{Clock, Deadline};
use crate::stream::decode::Part;
use crate::stream::{Chunk, EntryKind, Header, Site};
use crate::value::{Limits, Resource, TraceFlags, TraceId};

static SITE: Site = Site::new("model", crate::SpanKind::Internal, "", 0, &[]);

/// Runs a model in every order with at most two preemptions, or as many as
/// `LOOM_MAX_PREEMPTIONS` in the environment allows.
pub(crate) fn check(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(2);
    builder.check(model);
}

/// A deadline that does not pass.
fn never() -> Deadline {
    Deadline::after(Duration::MAX)
}

/// A deadline that has passed.
fn at_once() -> Deadline {
    Deadline::after(Duration::ZERO)
}

/// A queue with room for one span.
fn queue() -> Arc<Queue> {
    Arc::new(Queue::new(1, usize::MAX, &[]))
}

fn worker(queue: &Arc<Queue>) -> Worker {
    let options = WorkerOptions {
        clock: Clock::system(),
        resource: Resource::new("model"),
        limits: Limits::default(),
        redactor: None,
        scheduled_delay: Duration::ZERO,
        max_queue_spans: 1,
        max_queue_bytes: usize::MAX,
        has_threads: true,
    };
    Worker::without_collectors(Arc::clone(queue), options)
}

/// Starts a thread that delivers until the queue is closed.
fn start(queue: &Arc<Queue>) -> thread::JoinHandle<()> {
    let mut worker = worker(queue);
    let queue = Arc::clone(queue);
    thread::spawn(move || queue.stop(worker.run()))
}

const ENDED: Part = Part {
    trace: TraceId::PLACEHOLDER,
    number: 1,
};

/// Hands over a span that has begun and ended, as a scope does.
fn record(queue: &Queue, id: u64) {
    let mut chunk = Chunk::new();
    chunk.begin_piece([1, 1, 0], TraceId::PLACEHOLDER, TraceFlags::RANDOM, "", 0);
    let open = SITE.header();
    let close = Header::new(EntryKind::Close, 0, 0, 0);
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

/// Checks that each span is counted exactly once. This holds at any moment.
#[track_caller]
fn conserved(queue: &Queue) -> Stats {
    let stats = queue.stats();
    let dropped = stats.dropped;
    let unread = dropped.queue + dropped.limit + dropped.shutdown;
    let ended = stats.read + stats.sampled_out + unread;
    assert_eq!(stats.started, ended + stats.open, "{stats:?}");
    let given = stats.delivered + dropped.collector + stats.waiting;
    assert_eq!(stats.read, given, "{stats:?}");
    for lane in queue.lane_stats() {
        let given = lane.delivered + lane.dropped.total() + lane.waiting;
        assert_eq!(lane.read, given, "{lane:?}");
    }
    stats
}

/// Checks the counts when no span is open any more.
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
            // Counts as for a trace that the sampler refuses.
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
        let queue = Arc::new(Queue::new(2, usize::MAX, &[]));
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
        let queue = Arc::new(Queue::new(10, 1_024, &[]));
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
        let thread = thread::spawn(move || other.end_part(ENDED, false));
        let mut work = Work::default();
        queue.wait_and_take(Duration::ZERO, None, &mut work);
        assert_eq!(work.ended, [ENDED]);
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
            assert!(other.wait_flush(number, never()).is_complete);
        });
        record(&queue, 1);
        let number = queue.ask_flush(never());
        assert!(queue.wait_flush(number, never()).is_complete);
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
        assert!(queue.wait_stop(never()).is_complete);
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
        assert!(queue.wait_stop(never()).is_complete);
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
            other.wait_stop(at_once());
        });
        conserved(&queue);
        gives_up.join().unwrap();
        ends.join().unwrap();
        let stats = settled(&queue, 1);
        assert_eq!(stats.delivered + stats.dropped.shutdown, 1);
    });
}

/// Runs a model with two collectors that have their own threads. If `panics` is set, the first
/// one panics with each batch. Returns how many spans the second one took.
fn two_lanes(max_spans: usize, panics: bool, model: impl FnOnce(&Arc<Queue>)) -> u64 {
    let lane = LaneOptions {
        name: "model".to_owned(),
        has_thread: true,
    };
    let queue = Arc::new(Queue::new(
        max_spans,
        usize::MAX,
        &[lane.clone(), lane.clone()],
    ));
    let mut worker = worker(&queue);
    let taken = Arc::new(StdAtomicU64::new(0));
    let counted = Arc::clone(&taken);
    let first = collector_fn(move |_: &SpanBatch<'_>| {
        if panics {
            std::panic::resume_unwind(Box::new("the model's"));
        }
    });
    let second = collector_fn(move |batch: &SpanBatch<'_>| {
        counted.fetch_add(batch.len() as u64, Ordering::Relaxed);
    });
    let resource = Arc::new(Resource::new("model"));
    let recipients = &mut worker.recipients;
    recipients.add(0, Box::new(first), Arc::clone(&resource), &lane);
    recipients.add(1, Box::new(second), resource, &lane);
    let lanes = recipients.lane_threads().into_iter();
    let lanes: Vec<_> = lanes
        .map(|lane| thread::spawn(move || lane.run()))
        .collect();
    let stopping = Arc::clone(&queue);
    let ends = thread::spawn(move || stopping.stop(worker.run()));
    model(&queue);
    ends.join().unwrap();
    lanes.into_iter().for_each(|lane| lane.join().unwrap());
    assert_eq!(conserved(&queue).waiting, 0);
    taken.load(Ordering::Relaxed)
}

#[test]
fn a_span_of_two_lanes_is_given_to_both_before_the_end() {
    check(|| {
        let taken = two_lanes(1, false, |queue| {
            record(queue, 1);
            queue.close(never());
            assert!(queue.wait_stop(never()).is_complete);
            assert_eq!(settled(queue, 1).delivered, 1);
        });
        assert_eq!(taken, 1);
    });
}

#[test]
fn a_lane_that_panics_takes_nothing_from_the_other() {
    check(|| {
        let taken = two_lanes(1, true, |queue| {
            record(queue, 1);
            let number = queue.ask_flush(never());
            assert!(!queue.wait_flush(number, never()).is_complete);
            let stats = settled(queue, 1);
            assert_eq!((stats.delivered, stats.dropped.collector), (0, 1));
            queue.close(never());
        });
        assert_eq!(taken, 1);
    });
}

#[test]
fn what_waits_for_lanes_that_are_given_up_is_counted_for_each() {
    check(|| {
        two_lanes(1, false, |queue| {
            record(queue, 1);
            queue.close(at_once());
            queue.wait_stop(at_once());
            conserved(queue);
        });
    });
}
