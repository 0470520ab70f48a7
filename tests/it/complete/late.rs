//! Spans that come late, and what is reported about them.

use super::*;

#[test]
fn spans_that_come_late_are_told_with_their_trace() {
    let told: Arc<Mutex<Vec<(usize, usize)>>> = Arc::default();
    let seen = Arc::clone(&told);
    let traces = TraceCollector::with_hook(TraceCollectorOptions::default(), move |completed| {
        let news = (completed.trace.len(), completed.late_spans);
        seen.lock().unwrap().push(news);
    });
    let resource = Resource::new("shop");
    let send = |spans: &[trace_core::SpanRecord]| {
        let ended = [trace_id(1)];
        let batch = SpanBatch::from_records(&resource, spans).with_completed_traces(&ended);
        traces.collect(&batch);
    };
    send(&[span_of(1, 0, "root", 0..9)]);
    send(&[span_of(2, 1, "late", 0..9), span_of(3, 1, "late", 0..9)]);
    send(&[]);
    send(&[span_of(3, 1, "late", 0..9)]);
    send(&[span_of(4, 3, "later", 0..9)]);
    assert_eq!(*told.lock().unwrap(), [(1, 0), (3, 2), (4, 3)]);
}

#[test]
fn a_printer_says_that_spans_came_late() {
    let page = Page::default();
    let options = TraceCollectorOptions::default();
    let traces = TraceCollector::printing_to(options, TreeOptions::compact(), page.clone());
    let resource = Resource::new("shop");
    for spans in [[span_of(1, 0, "root", 0..9)], [span_of(2, 1, "late", 0..9)]] {
        let ended = [trace_id(1)];
        let batch = SpanBatch::from_records(&resource, &spans).with_completed_traces(&ended);
        traces.collect(&batch);
    }
    expect![[r#"
        root

        root
        └─ late
        again, as 1 span came late

    "#]]
    .assert_eq(&page.take());
}

#[test]
fn a_printer_says_why_it_prints_a_trace_again() {
    let page = Page::default();
    let options = TraceCollectorOptions {
        max_spans_per_trace: 2,
        ..TraceCollectorOptions::default()
    };
    let traces = TraceCollector::printing_to(options, TreeOptions::compact(), page.clone());
    let builder = Tracer::builder("shop").on_demand().max_queue_spans(2_000);
    let tracer = builder.collector(traces).build().unwrap();
    let leaves = |number| (0..number).for_each(|_| span::in_span("leaf", || {}));
    tracer.root("job").run_sync(|| {
        leaves(3);
        tracer.flush(LONG);
        let cut = page.take();
        assert!(cut.ends_with("incomplete: too many spans\n\n"), "{cut}");
        leaves(5_000);
    });
    tracer.flush(LONG);
    let lost = tracer.stats().dropped.queue;
    // Two spans of the job and its leaves were kept.
    let dropped = 1 + 3 + 5_000 - 2 - lost;
    let again = page.take();
    let why = format!(
        "\nincomplete: too many spans\nagain, as {dropped} spans came above the limit of a trace; {lost} spans lost: queue full\n\n"
    );
    assert!(lost > 0 && again.ends_with(&why), "{again}");
}

#[test]
fn a_printer_says_that_spans_of_a_printed_trace_were_lost() {
    let page = Page::default();
    let options = TraceCollectorOptions {
        max_active_traces: 0,
        ..TraceCollectorOptions::default()
    };
    let traces = TraceCollector::printing_to(options, TreeOptions::compact(), page.clone());
    let tracer = tracer(traces);
    tracer.root("job").run_sync(|| {
        span::in_span("leaf", || {});
        tracer.flush(LONG);
        let cut = page.take();
        assert!(cut.ends_with("\nincomplete: too many traces\n\n"), "{cut}");
        tracer.shutdown(LONG);
    });
    let again = page.take();
    let why = "\n… at least 1 span lost: shutdown\nincomplete: too many traces\nagain, as spans were lost\n\n";
    assert!(again.ends_with(why), "{again}");
}

#[test]
fn what_comes_late_of_a_discarded_trace_is_told_as_such() {
    let page = Page::default();
    let options = TraceCollectorOptions {
        max_completed_traces: 1,
        ..TraceCollectorOptions::default()
    };
    let traces = TraceCollector::printing_to(options, TreeOptions::compact(), page.clone());
    let resource = Resource::new("shop");
    let send = |trace, mut span: trace_core::SpanRecord| {
        span.trace_id = trace_id(trace);
        let (ended, spans) = ([span.trace_id], [span]);
        let batch = SpanBatch::from_records(&resource, &spans);
        traces.collect(&batch.with_completed_traces(&ended));
    };
    send(1, span_of(1, 0, "root", 0..9));
    send(2, span_of(1, 0, "other", 0..9));
    page.take();
    send(1, span_of(2, 1, "late", 0..9));
    expect![[r#"
        late   orphan of 0000000000000001
        again, as 1 span came late; what was told before is no longer kept

    "#]]
    .assert_eq(&page.take());
    traces.finish();
    assert_eq!(page.take(), "", "it was told");
    let done = traces.completed_trace(trace_id(1)).unwrap();
    assert_eq!((done.late_spans, done.told_before), (1, true));
    assert_eq!(done.completion, Completion::Complete);
}
