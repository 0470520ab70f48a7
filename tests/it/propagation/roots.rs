//! Roots that go on with what was extracted.

use std::collections::HashMap;
use std::time::Duration;

use trace_core::propagation::{
    B3Propagator, CompositePropagator, Propagator, W3cPropagator, XTracePropagator, XrayPropagator,
};
use trace_core::{
    AlwaysOff, AlwaysOn, HeadSampler, MemoryCollector, ParentBased, Sampler, SpanRecord, Tracer,
    Trust, sampler_fn, span,
};

const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const IDS: &str = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";

/// A service that answers a request, and calls another one with the same headers.
struct Service {
    tracer: Tracer,
    spans: MemoryCollector,
    propagator: CompositePropagator,
    trust: Trust,
}

impl Service {
    fn new(sampler: impl Sampler + 'static) -> Self {
        let spans = MemoryCollector::new();
        let tracer = Tracer::builder("test")
            .collector(spans.clone())
            .sampler(sampler)
            .on_demand()
            .build()
            .unwrap();
        Self {
            tracer,
            spans,
            propagator: CompositePropagator::new()
                .with(W3cPropagator)
                .with(B3Propagator)
                .with(XrayPropagator)
                .with(XTracePropagator),
            trust: Trust::Continue,
        }
    }

    fn serve(&self, headers: &[(&str, &str)]) -> HashMap<String, String> {
        let mut sent = HashMap::new();
        self.tracer
            .root("serve")
            .extracted(self.propagator.extract(&headers))
            .trust(self.trust)
            .run_sync(|| assert!(span::inject_with(&self.propagator, &mut sent)));
        sent
    }

    /// The state in `b3` that leaves, and the spans.
    fn state(&self, headers: &[(&str, &str)]) -> (String, Vec<SpanRecord>) {
        let sent = self.serve(headers);
        self.tracer.flush(Duration::ZERO);
        let spans = self.spans.take();
        let (_, state) = sent["b3"].rsplit_once('-').unwrap();
        (state.to_owned(), spans)
    }
}

#[test]
fn a_root_goes_on_with_what_was_extracted_and_counts_what_was_bad() {
    let service = Service::new(AlwaysOn);
    let sent = service.serve(&[
        (
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ),
        ("baggage", "user=ann"),
    ]);
    assert_eq!(sent["baggage"], "user=ann");
    assert!(sent["traceparent"].starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
    assert_eq!(service.tracer.stats().bad_headers, 0);

    let sent = service.serve(&[("traceparent", "nonsense"), ("baggage", "user=bob")]);
    assert_eq!(sent["baggage"], "user=bob");
    assert_eq!(service.tracer.stats().bad_headers, 1);
    // Each one, also of those that are not reported one by one.
    service.serve(&[("baggage", &"bad,".repeat(1_000))]);
    assert_eq!(service.tracer.stats().bad_headers, 1_001);

    service.tracer.flush(Duration::ZERO);
    let spans = service.spans.spans();
    assert_eq!(
        spans[0].parent_span_id.unwrap().to_string(),
        "b7ad6b7169203331"
    );
    assert!(spans[0].parent_is_remote);
    assert_eq!(spans[1].parent_span_id, None);
}

/// Each sampler that follows callers asks as if the trace began here.
#[test]
fn a_decision_that_is_left_open_is_the_samplers() {
    let kept: [Box<dyn Sampler>; 4] = [
        Box::new(ParentBased::new(AlwaysOn)),
        Box::new(HeadSampler::new(1.0).unwrap()),
        Box::new(None::<AlwaysOn>),
        Box::new(sampler_fn(|input| {
            assert!(input.parent.is_some());
            input.caller_decision().is_none().into()
        })),
    ];
    let aws = format!("Root=1-{}-{};Parent=00f067aa0ba902b7", &ID[..8], &ID[8..]);
    let undecided = [[("b3", IDS)], [("x-amzn-trace-id", aws.as_str())]];
    for sampler in kept {
        let service = Service::new(sampler);
        for headers in &undecided {
            let (state, spans) = service.state(headers);
            assert_eq!((state.as_str(), spans.len()), ("1", 1));
            assert_eq!(spans[0].trace_id.to_string(), ID);
            assert_eq!(
                spans[0].parent_span_id.unwrap().to_string(),
                "00f067aa0ba902b7"
            );
        }
    }
    let service = Service::new(ParentBased::new(AlwaysOff));
    for headers in &undecided {
        let (state, spans) = service.state(headers);
        assert_eq!((state.as_str(), spans.len()), ("0", 0));
    }
    assert_eq!(service.tracer.stats().sampled_out, 2);
}

#[test]
fn deny_is_passed_on_with_ids_and_without() {
    let service = Service::new(ParentBased::new(AlwaysOn));
    let denied = format!("{IDS}-0");
    for headers in [
        [("b3", denied.as_str())],
        [("b3", "0")],
        [("x-b3-sampled", "0")],
    ] {
        let (state, spans) = service.state(&headers);
        assert_eq!((state.as_str(), spans.len()), ("0", 0), "{headers:?}");
    }
    // Who records everything records this, too.
    let service = Service::new(AlwaysOn);
    let (state, spans) = service.state(&[("b3", "0")]);
    assert_eq!((state.as_str(), spans.len()), ("1", 1));
}

#[test]
fn debug_is_sampled_and_leaves_again() {
    let debug = format!("{IDS}-d");
    for headers in [
        [("b3", debug.as_str())],
        [("b3", "d")],
        [("x-b3-flags", "1")],
    ] {
        let service = Service::new(ParentBased::new(AlwaysOff));
        let (state, spans) = service.state(&headers);
        assert_eq!((state.as_str(), spans.len()), ("d", 1), "{headers:?}");
        // It is no flag of the wire's.
        assert_eq!(spans[0].flags.as_byte() & !3, 0);
        // Whoever refuses it all the same ends it.
        let (state, spans) = Service::new(AlwaysOff).state(&headers);
        assert_eq!((state.as_str(), spans.len()), ("0", 0), "{headers:?}");
    }
}

/// As in a message of JSON.
#[test]
fn a_context_in_json_keeps_what_was_decided() {
    for (state, byte) in [("-d", 1), ("-1", 1), ("-0", 0), ("", 0)] {
        let found = B3Propagator.extract(&[("b3", format!("{IDS}{state}"))]);
        let context = found.context.unwrap();
        assert_eq!(context.flags.as_byte(), byte);
        let json = serde_json::to_string(&context).unwrap();
        let again: trace_core::TraceContext = serde_json::from_str(&json).unwrap();
        assert_eq!(again, context);
    }
}

#[test]
fn debug_goes_through_tasks_and_held_spans() {
    let service = Service::new(AlwaysOn);
    let debug = format!("{IDS}-d");
    let root = service.tracer.root("serve");
    let root = root
        .extracted(service.propagator.extract(&[("b3", debug)]))
        .start();
    let carried = root.in_scope(|| trace_core::Carried::new(()));
    let elsewhere = std::thread::scope(|scope| {
        let thread = scope.spawn(|| carried.run_sync(|()| span::current_context().unwrap().flags));
        thread.join().unwrap()
    });
    assert!(elsewhere.is_debug());
    root.end();
}

#[test]
fn an_id_alone_is_that_of_a_new_trace() {
    let service = Service::new(ParentBased::new(AlwaysOn));
    let aws = format!("Root=1-{}-{}", &ID[..8], &ID[8..]);
    for headers in [[("X-Trace-Id", ID)], [("X-Amzn-Trace-Id", &aws)]] {
        let (_, spans) = service.state(&headers);
        assert_eq!(spans[0].trace_id.to_string(), ID);
        assert_eq!(spans[0].parent_span_id, None);
        assert!(!spans[0].parent_is_remote);
        // Nobody has said so.
        assert!(!spans[0].flags.is_random());
    }
    assert_eq!(service.tracer.stats().bad_headers, 0);
    let (_, spans) = service.state(&[("b3", "1")]);
    assert!(spans[0].flags.is_random());
}

#[test]
fn what_comes_alone_is_trusted_as_a_context_is() {
    let mut service = Service::new(ParentBased::new(AlwaysOff));
    service.trust = Trust::Restart;
    let headers = [("X-Trace-Id", ID), ("b3", "1")];
    let (state, spans) = service.state(&headers);
    assert_eq!((state.as_str(), spans.len()), ("0", 0));
    assert!(!service.serve(&headers)["b3"].starts_with(ID));

    // A cap is not gone around by leaving out the ids.
    service.trust = Trust::Capped { per_second: 0 };
    let (state, spans) = service.state(&headers);
    assert_eq!((state.as_str(), spans.len()), ("0", 0));
    assert!(service.serve(&headers)["b3"].starts_with(ID));

    service.trust = Trust::Continue;
    let (state, spans) = service.state(&headers);
    assert_eq!((state.as_str(), spans.len()), ("1", 1));
}

/// What another service records may be missing, whichever headers told it of the trace.
#[test]
fn a_span_notes_that_its_context_went_out_in_any_format() {
    let service = Service::new(AlwaysOn);
    let root = service.tracer.root("held").start();
    let mut sent = HashMap::new();
    assert!(root.inject_with(&B3Propagator, &mut sent));
    assert_eq!(sent.keys().collect::<Vec<_>>(), ["b3"]);
    root.end();
    let (_, spans) = service.state(&[]);
    assert!(spans.iter().all(|span| span.context_sent));
    assert_eq!(spans.len(), 2);
}
