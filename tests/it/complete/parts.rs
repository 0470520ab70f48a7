//! Parts of a trace in several tracers and processes.

use super::*;

fn caller() -> propagation::Extracted {
    let headers = [(
        "traceparent",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )];
    propagation::extract(&headers)
}

#[test]
fn a_part_that_another_process_has_called_is_complete_at_its_end() {
    let page = Page::default();
    let options = TraceCollectorOptions::default();
    let traces = TraceCollector::printing_to(options, TreeOptions::compact(), page.clone());
    let tracer = tracer(traces.clone());
    let root = tracer.root("GET /").kind(SpanKind::Server);
    root.extracted(caller()).run_sync(|| {
        let builder = span::build("call").kind(SpanKind::Client);
        let call = builder.start();
        call.inject(&mut HashMap::new());
        call.end();
        span::build("send").kind(SpanKind::Producer).start().end();
    });
    tracer.flush(Duration::ZERO);
    let done = &traces.completed_traces()[0];
    assert_eq!(done.completion, Completion::Complete);
    let problems: Vec<String> = done
        .trace
        .problems()
        .iter()
        .map(ToString::to_string)
        .collect();
    let id = done.trace.top_spans().next().unwrap().span_id;
    let called = format!("`{id}` called from `b7ad6b7169203331`, elsewhere");
    assert_eq!(problems, [called]);
    expect![[r#"
        GET /     called from b7ad6b7169203331, elsewhere
        ├─ call
        └─ send

    "#]]
    .assert_eq(&page.take());
}

#[test]
fn of_two_tracers_a_part_is_not_the_whole() {
    let traces = TraceCollector::with_options(TraceCollectorOptions {
        tracers: 2,
        ..TraceCollectorOptions::default()
    });
    let tracer = tracer(traces.clone());
    tracer.root("GET /").extracted(caller()).run_sync(|| {});
    tracer.flush(LONG);
    assert_eq!(traces.stats().active_traces, 1);
}

#[test]
fn a_service_that_calls_itself_has_one_trace() {
    let traces = TraceCollector::new();
    let tracer = tracer(traces.clone());
    let mut headers = HashMap::new();
    let inner = tracer.root("outer").run_sync(|| {
        let call = span::build("call").kind(SpanKind::Client).start();
        call.inject(&mut headers);
        let root = tracer.root("inner").kind(SpanKind::Server);
        let serve = || root.extracted(propagation::extract(&headers)).start();
        std::thread::scope(|scope| scope.spawn(serve).join().unwrap())
    });
    // The outer part has ended. The inner part continues and has handed over nothing.
    tracer.flush(LONG);
    assert_eq!(traces.stats().traces_completed, 0);
    inner.end();
    tracer.flush(LONG);
    let completed = traces.completed_traces();
    let [done] = &completed[..] else {
        panic!("{:?}", traces.stats());
    };
    assert_eq!((done.trace.len(), done.late_spans), (3, 0));
    assert_eq!(done.completion, Completion::Complete);
}

#[test]
fn the_called_part_waits_for_the_caller_of_which_nothing_was_handed_over() {
    let traces = TraceCollector::new();
    let spans = MemoryCollector::new();
    let builder = Tracer::builder("shop").on_demand().collector(spans.clone());
    let tracer = builder.collector(traces.clone()).build().unwrap();
    let mut headers = HashMap::new();
    tracer.root("outer").run_sync(|| {
        span::inject(&mut headers);
        let headers = &headers;
        let (tracer, traces) = (&tracer, &traces);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let root = tracer.root("inner").kind(SpanKind::Server);
                root.extracted(propagation::extract(headers))
                    .run_sync(|| {});
                tracer.flush(LONG);
                assert_eq!(traces.stats().traces_completed, 0);
                assert_eq!(traces.active_traces()[0].len(), 1);
            });
        });
    });
    assert_eq!(spans.spans().len(), 1);
    tracer.flush(LONG);
    assert_eq!(traces.completed_traces()[0].trace.len(), 2);
    assert_eq!(traces.stats().traces_completed, 1);
}

/// Two tracers deliver to one collector. One answers a call of the other for longer than the
/// caller waits, and has handed over nothing.
#[test]
fn a_part_that_runs_in_another_tracer_is_waited_for() {
    for ends in [true, false] {
        let (clock, options) = by_hand();
        let traces = TraceCollector::with_options(TraceCollectorOptions {
            tracers: 2,
            ..options
        });
        let [caller, called] = [(); 2].map(|()| tracer(traces.clone()));
        let mut headers = HashMap::new();
        caller.root("caller").run_sync(|| {
            let call = span::build("call").kind(SpanKind::Client).start();
            call.inject(&mut headers);
        });
        let root = called.root("called").kind(SpanKind::Server);
        let held = root.extracted(propagation::extract(&headers)).start();
        held.in_scope(|| span::in_span("first", || {}));
        for tracer in [&caller, &called] {
            tracer.flush(LONG);
        }
        clock.advance(Duration::from_secs(3_600));
        traces.tick();
        assert_eq!(traces.stats().traces_completed, 0);
        if ends {
            held.end();
        }
        for tracer in [&caller, &called] {
            tracer.shutdown(LONG);
        }
        let completed = traces.completed_traces();
        let [done] = &completed[..] else {
            panic!("{:?}", traces.stats());
        };
        let expected = if ends { (true, 4) } else { (false, 2) };
        let found = (done.completion.is_complete(), done.trace.len());
        assert_eq!(found, expected, "{done:?}");
        assert_eq!(done.trace.losses().is_at_least, !ends);
    }
}

/// Parts of a trace that end in the same batch are not reported as open, no matter which part
/// called the other.
#[test]
fn parts_that_end_together_have_ended() {
    let traces = TraceCollector::new();
    let tracer = tracer(traces.clone());
    let mut headers = HashMap::new();
    tracer.root("outer").run_sync(|| {
        span::inject(&mut headers);
        // Noted before the outer part ends, and read after it.
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let root = tracer.root("inner").kind(SpanKind::Server);
                    root.extracted(propagation::extract(&headers))
                        .run_sync(|| {});
                });
            }
        });
    });
    tracer.flush(LONG);
    tracer.shutdown(LONG);
    let done = &traces.completed_traces()[0];
    assert!(done.completion.is_complete(), "{done:?}");
    assert_eq!(
        (done.trace.len(), done.trace.losses().is_empty()),
        (3, true)
    );
}
