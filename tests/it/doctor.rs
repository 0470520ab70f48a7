//! Tests of the doctor's answers to "Why is my span missing?", for each cause.

use std::pin::pin;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Waker};
use std::time::Duration;

use trace_core::{
    AlwaysOff, Collector, OpenSpan, SpanBatch, Tracer, TracerBuilder, Trust, propagation,
    sampler_fn, span, trace_root, traced,
};

use crate::wait;

fn tracer() -> TracerBuilder {
    Tracer::builder("shop").on_demand()
}

/// Returns the answer about a span without its place, which this checks.
#[track_caller]
fn why(tracer: &Tracer, name: &str) -> String {
    let why = tracer.doctor().why(name);
    let (place, answer) = why.split_once("): ").unwrap_or_else(|| panic!("{why}"));
    assert!(
        place.starts_with(&format!("`{name}` (tests/it/doctor.rs:")),
        "{why}"
    );
    answer.to_owned()
}

struct Panics;

impl Collector for Panics {
    fn collect(&self, _: &SpanBatch<'_>) {
        std::panic::resume_unwind(Box::new("a panic that is not printed"));
    }

    fn name(&self) -> &str {
        "console"
    }
}

#[test]
fn it_was_never_reached() {
    let tracer = tracer().build().unwrap();
    assert_eq!(
        tracer.doctor().why("refund"),
        "`refund` was not seen: it is not called, not polled or not traced, or its span still runs or waits to be read, which a flush does"
    );
}

#[test]
fn it_was_recorded() {
    #[trace_root]
    fn recorded() {}

    let tracer = tracer().build().unwrap();
    tracer.attach_sync(|| (0..3).for_each(|_| recorded()));
    tracer.flush(Duration::ZERO);
    assert_eq!(why(&tracer, "recorded"), "recorded 3 times");
}

#[test]
fn it_was_called_outside_of_any_trace() {
    #[traced]
    fn outside() {}

    #[traced]
    async fn outside_async() {}

    let tracer = tracer().build().unwrap();
    outside();
    tracer.attach_sync(outside);
    block_on(outside_async());
    span::start("outside_held").end();
    span::in_span("outside_in_span", || {});
    assert_eq!(
        why(&tracer, "outside"),
        "called 2 times outside of any trace"
    );
    assert_eq!(
        why(&tracer, "outside_async"),
        "called 1 time outside of any trace"
    );
    assert_eq!(
        why(&tracer, "outside_held"),
        "called 1 time outside of any trace"
    );
    assert_eq!(
        why(&tracer, "outside_in_span"),
        "called 1 time outside of any trace"
    );
}

#[test]
fn it_began_a_root_without_a_tracer() {
    #[trace_root]
    fn without_tracer() {}

    without_tracer();
    let tracer = tracer().build().unwrap();
    assert_eq!(
        why(&tracer, "without_tracer"),
        "began 1 time without a tracer"
    );
}

#[test]
fn it_was_not_sampled_and_by_whom() {
    #[traced]
    fn below() {}

    #[trace_root]
    fn refused() {
        below();
        below();
    }

    let by_sampler = tracer().sampler(AlwaysOff).build().unwrap();
    by_sampler.attach_sync(refused);
    assert_eq!(
        why(&by_sampler, "refused"),
        "not sampled 1 time by the sampler"
    );
    assert_eq!(
        why(&by_sampler, "below"),
        "not sampled 2 times by the sampler"
    );

    let panics = sampler_fn(|_| std::panic::resume_unwind(Box::new("not printed")));
    let by_panic = tracer().sampler(panics).build().unwrap();
    by_panic.attach_sync(refused);
    assert_eq!(
        why(&by_panic, "below"),
        "not sampled 2 times by the sampler's panic"
    );

    let context = |flags| {
        let header = format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}");
        propagation::extract(&[("traceparent", header.as_str())])
    };
    let by_caller = tracer().build().unwrap();
    by_caller
        .root("called")
        .extracted(context("00"))
        .run_sync(below);
    assert_eq!(
        why(&by_caller, "called"),
        "not sampled 1 time by the caller"
    );
    assert_eq!(why(&by_caller, "below"), "not sampled 1 time by the caller");

    let by_cap = tracer().build().unwrap();
    let root = by_cap.root("capped").extracted(context("01"));
    root.trust(Trust::Capped { per_second: 0 }).run_sync(below);
    assert_eq!(
        why(&by_cap, "below"),
        "not sampled 1 time by the cap on callers"
    );
}

#[test]
fn it_was_dropped_and_why() {
    #[trace_root]
    fn full() {}

    #[trace_root]
    fn panicked() {}

    #[trace_root]
    fn late() {}

    let small = tracer().max_queue_spans(2).build().unwrap();
    small.attach_sync(|| (0..5).for_each(|_| full()));
    small.flush(Duration::ZERO);
    assert_eq!(
        why(&small, "full"),
        "recorded 2 times, dropped 3 times as the queue was full"
    );

    let panics = tracer().collector(Panics).build().unwrap();
    panics.attach_sync(panicked);
    panics.flush(Duration::ZERO);
    assert_eq!(
        why(&panics, "panicked"),
        "recorded 1 time, dropped 1 time as collector console panicked"
    );

    let ended = tracer().build().unwrap();
    ended.shutdown(Duration::ZERO);
    ended.attach_sync(late);
    assert_eq!(
        why(&ended, "late"),
        "dropped 1 time as after the shutdown or its deadline"
    );
}

/// Too many spans are open at once, or, as here, two share an id.
#[test]
fn it_was_dropped_as_too_much_was_open() {
    let tracer = tracer().build().unwrap();
    let twin = || {
        let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let context = propagation::extract(&[("traceparent", header)]).context;
        let root = tracer.root("twin").context(context.unwrap());
        root.run(async {
            for _ in 0..2 {
                // This fills a chunk, so that both spans are open over several chunks.
                (0..10).for_each(|_| span::add_log("x".repeat(4_000)));
                tokio::task::yield_now().await;
            }
        })
    };
    let (mut one, mut two) = (pin!(twin()), pin!(twin()));
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..3 {
        let _polled = one.as_mut().poll(&mut context);
        let _polled = two.as_mut().poll(&mut context);
        tracer.flush(Duration::ZERO);
    }
    assert_eq!(
        why(&tracer, "twin"),
        "recorded 1 time, dropped 1 time as too much was open at once"
    );
}

/// A collector that signals when it is called, and then waits.
struct Stuck {
    called: Mutex<Sender<()>>,
    opened: Mutex<Receiver<()>>,
}

impl Collector for Stuck {
    fn collect(&self, _: &SpanBatch<'_>) {
        let _nobody_asks = self.called.lock().unwrap().send(());
        let _sender_is_gone = self.opened.lock().unwrap().recv();
    }

    fn name(&self) -> &str {
        "stuck"
    }
}

#[test]
fn it_was_dropped_by_the_lane_of_a_collector() {
    #[trace_root]
    fn in_a_lane() {}

    let ((called, is_called), (open, opened)) = (channel(), channel());
    let (called, opened) = (Mutex::new(called), Mutex::new(opened));
    let tracer = Tracer::builder("shop")
        .max_queue_spans(2)
        .scheduled_delay(Duration::from_millis(1))
        .collector(Stuck { called, opened })
        .collector(())
        .build()
        .unwrap();
    for _ in 0..5 {
        tracer.attach_sync(in_a_lane);
        wait::until(|| tracer.stats().open == 0);
    }
    let full = "recorded 5 times, dropped 3 times as the lane of collector stuck was full";
    assert_eq!(why(&tracer, "in_a_lane"), full);
    // The collector has one batch, and another one waits.
    is_called.recv_timeout(Duration::from_secs(60)).unwrap();
    tracer.shutdown(Duration::from_millis(1));
    let given_up = "dropped 1 time as collector stuck was not done at the deadline";
    assert_eq!(why(&tracer, "in_a_lane"), format!("{full}, {given_up}"));
    drop(open);
}

#[test]
fn it_was_open_at_the_shutdown() {
    #[traced]
    fn ended() {}

    let tracer = tracer().build().unwrap();
    let open = tracer.root("open_root").start();
    open.in_scope(|| {
        ended();
        // Hands over the entries of its scope, including the root's beginning.
        tracer.flush(Duration::ZERO);
    });
    tracer.shutdown(Duration::ZERO);
    assert_eq!(
        why(&tracer, "open_root"),
        "dropped 1 time as open at the shutdown"
    );
    assert_eq!(why(&tracer, "ended"), "recorded 1 time");
}

/// A call that gives names at run time, as a layer of a server does.
fn serve(tracer: &Tracer, name: &str) -> OpenSpan {
    tracer.root(name.to_owned()).start()
}

#[test]
fn a_later_name_of_a_call_is_counted_by_its_place() {
    let tracer = tracer().build().unwrap();
    serve(&tracer, "GET /a").end();
    serve(&tracer, "GET /b").end();
    serve(&tracer, "GET /c").end();
    tracer.flush(Duration::ZERO);
    assert_eq!(why(&tracer, "GET /a"), "recorded 1 time");
    let why = tracer.doctor().why("GET /c");
    let line = include_str!("doctor.rs").lines();
    let line = 1 + line
        .take_while(|line| !line.contains("name.to_owned()).start()"))
        .count();
    assert_eq!(
        why,
        format!(
            "`GET /c` was not seen as the first name of a place; other names that are given at run time are counted by place only:\nnamed at run time (tests/it/doctor.rs:{line}): recorded 2 times"
        )
    );
}

#[test]
fn what_runs_only_because_something_is_recorded_is_not_missing() {
    #[traced]
    fn in_a_tag() -> u32 {
        1
    }

    #[trace_root(tags(one = in_a_tag()))]
    fn with_a_tag() {}

    let tracer = tracer().build().unwrap();
    tracer.attach_sync(with_a_tag);
    assert!(tracer.doctor().why("in_a_tag").contains("was not seen"));
}

#[test]
fn all_of_them_are_a_table() {
    #[trace_root]
    fn in_the_table() {}

    let tracer = tracer().collector(Panics).build().unwrap();
    tracer.attach_sync(in_the_table);
    tracer.flush(Duration::ZERO);
    let table = tracer.doctor().to_string();
    let mut lines = table.lines();
    let head: Vec<&str> = lines
        .next()
        .unwrap()
        .split("  ")
        .filter(|cell| !cell.is_empty())
        .collect();
    let head: Vec<&str> = head.iter().map(|cell| cell.trim()).collect();
    assert_eq!(
        head,
        [
            "span",
            "where",
            "recorded",
            "outside",
            "no tracer",
            "not sampled",
            "dropped"
        ]
    );
    let line = lines
        .find(|line| line.starts_with("in_the_table "))
        .unwrap();
    assert!(line.contains("tests/it/doctor.rs:"), "{line}");
    assert!(line.ends_with("1: collector console panicked"), "{line}");
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}
