//! Tests of callers' contexts: where they are passed through, where they are refused, and what
//! is counted.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use trace_core::propagation::{
    B3MultiPropagator, B3Propagator, CompositePropagator, DatadogPropagator, Extracted,
    JaegerPropagator, Propagator, W3cPropagator, XTracePropagator, XrayPropagator, extract,
};
use trace_core::{
    AlwaysOff, MemoryCollector, Sampler, SamplingDecision, SamplingInput, TagSource, Tracer, Trust,
    sampler_fn, span,
};

type Headers = BTreeMap<String, String>;

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const NOT_SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn sent() -> Headers {
    let mut headers = Headers::new();
    assert!(span::inject(&mut headers));
    headers
}

fn received() -> Headers {
    [
        ("traceparent", TRACEPARENT),
        ("tracestate", "rojo=1,congo=2"),
        ("baggage", "tenant=acme;ttl=1"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into()
}

fn b3_without_a_state() -> Extracted {
    let value = format!("{TRACE_ID}-00f067aa0ba902b7");
    B3Propagator.extract(&[("b3", value)])
}

fn tracer(sampler: impl Sampler + 'static) -> (Tracer, MemoryCollector) {
    let spans = MemoryCollector::new();
    let tracer = Tracer::builder("test").sampler(sampler);
    let tracer = tracer.collector(spans.clone()).on_demand();
    (tracer.build().unwrap(), spans)
}

/// No other test of this program installs a tracer for the process.
#[tokio::test]
async fn without_a_tracer_a_context_leaves_as_it_came() {
    let extracted = extract(&received());
    let root = || trace_core::root("serve").extracted(extracted.clone());
    assert_eq!(root().run(async { sent() }).await, received());
    assert_eq!(root().run_sync(sent), received());

    // It is also passed on from below, from a task, and from a held span.
    let spawned = root().run(async { trace_core::spawn(passes_below()).await });
    assert_eq!(spawned.await.unwrap(), received());
    let span = root().start();
    assert!(!span.is_recording());
    assert_eq!(span.in_scope(sent), received());
    let mut headers = Headers::new();
    assert!(span.inject(&mut headers));
    assert_eq!(headers, received());
    span.end();

    // It can be read and changed like any other baggage.
    root().run_sync(|| {
        assert_eq!(span::current_trace_id().unwrap().to_string(), TRACE_ID);
        assert_eq!(span::baggage("tenant").as_deref(), Some("acme"));
        assert_eq!(span::set_baggage("plan", "pro"), Ok(true));
        assert_eq!(sent()["baggage"], "tenant=acme;ttl=1,plan=pro");
        assert!(!span::is_recording());
    });

    // Without a context, none is made. An untrusted context is not passed through.
    let is_sent = || span::inject(&mut Headers::new());
    assert!(!trace_core::root("serve").run_sync(is_sent));
    let bad = extract(&[("traceparent", "00-bad"), ("baggage", "tenant=acme")]);
    assert!(!trace_core::root("serve").extracted(bad).run_sync(is_sent));
    assert!(!root().trust(Trust::Restart).run_sync(is_sent));
    assert!(!is_sent());

    // Without a tracer there is no allowance.
    let capped = root().trust(Trust::Capped { per_second: 5 }).run_sync(sent);
    assert_eq!(capped["traceparent"], NOT_SAMPLED);
    assert_eq!(capped["tracestate"], received()["tracestate"]);
    assert_eq!(capped["baggage"], received()["baggage"]);

    // A later tracer records, but does not continue a context that is only passed through.
    let (tracer, spans) = tracer(trace_core::AlwaysOn);
    root().run_sync(|| tracer.root("own").run_sync(|| ()));
    tracer.flush(Duration::ZERO);
    let [own] = &spans.spans()[..] else { panic!() };
    assert_ne!(own.trace_id.to_string(), TRACE_ID);
}

/// What is in the headers of a request, and what a caller sends by them without a span.
fn without_a_context() -> [(Box<dyn Propagator>, Vec<(&'static str, &'static str)>); 13] {
    fn case<P: Propagator + 'static>(
        propagator: P,
        headers: &[(&'static str, &'static str)],
    ) -> (Box<dyn Propagator>, Vec<(&'static str, &'static str)>) {
        (Box::new(propagator), headers.to_vec())
    }
    let composite = || {
        let both = CompositePropagator::new().with(W3cPropagator);
        both.with(XTracePropagator)
    };
    [
        case(W3cPropagator, &[("baggage", "tenant=acme;ttl=1")]),
        case(B3Propagator, &[("b3", "0")]),
        case(B3Propagator, &[("b3", "1")]),
        case(B3Propagator, &[("b3", "d")]),
        case(B3MultiPropagator, &[("x-b3-sampled", "0")]),
        case(B3MultiPropagator, &[("x-b3-flags", "1")]),
        case(XTracePropagator, &[("x-trace-id", TRACE_ID)]),
        case(
            XTracePropagator,
            &[("x-trace-id", TRACE_ID), ("x-sampled", "0")],
        ),
        case(JaegerPropagator, &[("uberctx-tenant", "acme")]),
        case(
            DatadogPropagator,
            &[
                ("x-datadog-trace-id", "11803532876627986230"),
                ("x-datadog-sampling-priority", "0"),
                ("x-datadog-tags", "_dd.p.tid=4bf92f3577b34da6"),
            ],
        ),
        case(
            XrayPropagator,
            &[(
                "x-amzn-trace-id",
                "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Sampled=0",
            )],
        ),
        case(
            composite(),
            &[("baggage", "tenant=acme"), ("x-trace-id", TRACE_ID)],
        ),
        case((), &[]),
    ]
}

fn sent_by(propagator: &dyn Propagator) -> Headers {
    let mut headers = Headers::new();
    assert!(!span::inject_with(propagator, &mut headers), "no trace");
    headers
}

#[tokio::test]
async fn what_came_without_a_context_leaves_as_it_came() {
    let (tracer, spans) = tracer(trace_core::AlwaysOn);
    for (propagator, came) in without_a_context() {
        let received: Headers = came
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        let found = propagator.extract(&came);
        assert!(found.context.is_none() && found.problems.is_empty());
        let root = || trace_core::root("serve").extracted(found.clone());
        let sent = || sent_by(&propagator);

        // Without a tracer, also from a task and from a held span.
        assert_eq!(root().run_sync(sent), received);
        assert_eq!(root().run(async { sent() }).await, received);
        let carried = root().run_sync(|| trace_core::Carried::new(()));
        assert_eq!(carried.run_sync(|()| sent()), received);
        let span = root().start();
        let mut headers = Headers::new();
        assert!(!span.inject_with(&propagator, &mut headers));
        assert_eq!(headers, received);
        assert_eq!(span.context(), None);
        span.end();

        // Where nothing is to be recorded.
        let skipped = || tracer.root("health").extracted(found.clone());
        let passing = skipped().pass_on();
        assert_eq!(passing.in_scope(sent), received);
        passing.end();

        // An untrusted caller sends nothing, and one with a cap gets no trace sampled.
        assert_eq!(root().trust(Trust::Restart).run_sync(sent), Headers::new());
        let untrusted = skipped().trust(Trust::Restart).pass_on();
        assert_eq!(untrusted.in_scope(sent), Headers::new());
        untrusted.end();
        let capped = root().trust(Trust::Capped { per_second: 5 });
        let asks = found.start.flags.is_some_and(|flags| flags.is_sampled());
        let expected = if asks { Headers::new() } else { received };
        assert_eq!(capped.run_sync(sent), expected);
    }
    // Baggage can be read and changed on the way.
    let found = extract(&[("baggage", "tenant=acme")]);
    let root = trace_core::root("serve").extracted(found);
    root.run_sync(|| {
        assert_eq!(span::baggage("tenant").as_deref(), Some("acme"));
        assert_eq!(span::set_baggage("plan", "pro"), Ok(true));
        assert_eq!(sent_by(&W3cPropagator)["baggage"], "tenant=acme,plan=pro");
        assert_eq!(span::current_trace_id(), None);
    });
    let _report = tracer.flush(Duration::ZERO);
    assert_eq!((tracer.stats().started, spans.spans().len()), (0, 0));
}

#[trace_core::traced]
async fn passes_below() -> Headers {
    tokio::task::yield_now().await;
    sent()
}

#[trace_core::trace_root(remote = headers)]
fn serve(headers: &trace_core::propagation::Extracted) -> Headers {
    sent()
}

#[test]
fn the_attribute_lets_a_context_pass_too() {
    assert_eq!(serve(&extract(&received())), received());
}

#[test]
fn what_is_passed_on_leaves_as_it_came_though_there_is_a_tracer() {
    let (tracer, spans) = tracer(trace_core::AlwaysOn);
    let passing = tracer.root("health").extracted(extract(&received()));
    let passing = passing.pass_on();
    assert!(!passing.is_recording());
    let both = passing.in_scope(|| {
        span::in_span("ping", || ());
        // A task, too.
        let carried = trace_core::Carried::new(());
        [sent(), carried.run_sync(|()| sent())]
    });
    assert_eq!(both, [received(), received()]);
    passing.end();

    // Nothing is invented where nothing came, or for a caller who is not trusted.
    let nobody = tracer.root("health").pass_on();
    assert_eq!(nobody.context(), None);
    let stranger = tracer.root("health").extracted(extract(&received()));
    assert_eq!(stranger.trust(Trust::Restart).pass_on().context(), None);

    // What the allowance does not cover is passed on, but not as sampled.
    let capped = |per_second| {
        let root = tracer.root("health").extracted(extract(&received()));
        let passing = root.trust(Trust::Capped { per_second }).pass_on();
        let headers = passing.in_scope(sent);
        passing.end();
        headers["traceparent"].clone()
    };
    assert_eq!(
        [0, 1, 1].map(capped),
        [NOT_SAMPLED, TRACEPARENT, NOT_SAMPLED]
    );
    assert_eq!(tracer.stats().callers.capped, 2);
    let open = b3_without_a_state();
    let open = tracer.root("health").extracted(open);
    let open = open.trust(Trust::Capped { per_second: 0 }).pass_on();
    let flags = open.context().unwrap().flags;
    assert!(!flags.is_deferred() && !flags.is_sampled());
    open.end();

    // A trace that is not sampled has ids again.
    let (refusing, _) = self::tracer(AlwaysOff);
    let root = refusing.root("serve").extracted(extract(&received()));
    let headers = root.run_sync(sent);
    assert_ne!(headers["traceparent"], received()["traceparent"]);
    let _report = tracer.flush(Duration::ZERO);
    assert_eq!((tracer.stats().started, spans.spans().len()), (0, 0));
}

#[test]
fn each_call_of_a_trace_that_is_not_sampled_has_its_own_span_id() {
    let (tracer, _) = tracer(AlwaysOff);
    let root = tracer.root("serve").extracted(extract(&received()));
    let ids = root.run_sync(|| {
        let own = span::current_context().unwrap();
        let mut ids = BTreeSet::from([own.span_id.to_string()]);
        assert_eq!(span::current_context(), Some(own));
        for at in 0..1_000 {
            let mut headers = Headers::new();
            match at % 3 {
                0 => assert!(span::inject(&mut headers)),
                1 => assert!(span::start("call").inject(&mut headers)),
                _ => assert!(span::in_span("call", || {
                    span::inject_with(&W3cPropagator, &mut headers)
                })),
            }
            let traceparent = &headers["traceparent"];
            assert!(traceparent.starts_with(&format!("00-{TRACE_ID}-")));
            assert!(traceparent.ends_with("-00"));
            assert_eq!(headers["tracestate"], "rojo=1,congo=2");
            assert_eq!(headers["baggage"], "tenant=acme;ttl=1");
            ids.insert(traceparent[36..52].to_owned());
        }
        ids
    });
    assert_eq!(ids.len(), 1_001);
    assert!(!ids.contains("00f067aa0ba902b7"));
}

#[test]
fn another_propagator_writes_what_it_writes() {
    let (tracer, _) = tracer(trace_core::AlwaysOn);
    tracer.root("serve").run_sync(|| {
        let mut headers = Headers::new();
        assert!(span::inject_with(&XTracePropagator, &mut headers));
        let context = span::current_context().unwrap();
        assert_eq!(headers["x-span-id"], context.span_id.to_string());
        let call = span::start("call");
        assert!(call.inject_with(&XTracePropagator, &mut headers));
        assert_eq!(
            headers["x-span-id"],
            call.context().unwrap().span_id.to_string()
        );
        call.end();
    });
}

#[test]
fn what_became_of_callers_is_counted() {
    let (tracer, _) = tracer(trace_core::ParentBased::new(trace_core::AlwaysOn));
    let serve = |headers: &[(&str, &str)], trust: Trust| {
        let root = tracer.root("serve").extracted(extract(&headers));
        root.trust(trust).run_sync(|| ());
        let callers = tracer.stats().callers;
        [
            callers.continued,
            callers.capped,
            callers.restarted_by_trust,
            callers.restarted_by_bad_header,
            callers.discarded_tracestates,
        ]
    };
    let good = ("traceparent", TRACEPARENT);
    assert_eq!(serve(&[], Trust::Continue), [0, 0, 0, 0, 0]);
    assert_eq!(serve(&[good], Trust::Continue), [1, 0, 0, 0, 0]);
    assert_eq!(serve(&[good], Trust::Restart), [1, 0, 1, 0, 0]);
    let capped = Trust::Capped { per_second: 1 };
    assert_eq!(serve(&[good], capped), [2, 0, 1, 0, 0]);
    assert_eq!(serve(&[good], capped), [3, 1, 1, 0, 0]);
    let bad_state = ("tracestate", "no member");
    assert_eq!(serve(&[good, bad_state], Trust::Continue), [4, 1, 1, 0, 1]);
    let bad_baggage = ("baggage", "no member");
    assert_eq!(
        serve(&[good, bad_baggage], Trust::Continue),
        [5, 1, 1, 0, 1]
    );
    assert_eq!(serve(&[good, bad_state], Trust::Restart), [5, 1, 2, 0, 1]);
    let bad = ("traceparent", "00-bad");
    assert_eq!(serve(&[bad, bad_state], Trust::Continue), [5, 1, 2, 1, 1]);
    assert_eq!(serve(&[bad_baggage], Trust::Continue), [5, 1, 2, 1, 1]);
    assert_eq!(tracer.stats().bad_headers, 5);
    assert_eq!(tracer.stats().sampled_out, 1);
}

#[test]
fn a_sampler_sees_the_tags_of_the_builder_and_those_of_the_start() {
    let sampler = sampler_fn(|input: &SamplingInput<'_>| {
        let path = input.tags.text("url.path");
        let is_loud = input.tags.get("loud").is_some();
        let port = input.tags.text("server.port");
        let keys: Vec<&str> = input.tags.iter().map(|(key, _)| key).collect();
        match (path.as_deref(), port.as_deref()) {
            (Some("/orders"), Some("80")) => {
                assert_eq!(keys, ["url.path", "url.path", "server.port"]);
                SamplingDecision::Sample
            }
            _ => SamplingDecision::from(is_loud),
        }
    });
    let (tracer, spans) = tracer(sampler);
    let path = String::from("/orders");
    let tags: [(&str, &dyn TagSource); 3] = [
        ("url.path", &path),
        ("server.port", &80),
        ("absent", &None::<bool>),
    ];
    let root = tracer.root("GET").tag("url.path", "/first");
    root.start_with(&tags).end();
    tracer.root("GET").start_with(&tags[1..]).end();
    tracer.root("GET").run_sync(|| ());
    tracer.root("GET").tag("loud", true).run_sync(|| ());
    let refused = tracer.root("GET").extracted(extract(&received()));
    assert!(!refused.start_with(&tags[2..]).is_recording());

    tracer.flush(Duration::ZERO);
    let spans = spans.spans();
    assert_eq!(spans.len(), 2);
    assert_eq!(spans[0].tag("url.path").unwrap().as_str(), Some("/orders"));
    assert_eq!(spans[0].tag("server.port").unwrap().as_i64(), Some(80));
    assert_eq!(spans[0].tag("absent"), None);
    assert_eq!(tracer.stats().sampled_out, 3);
    assert_eq!(tracer.stats().sampler_panics, 0);
}

/// The caller chooses the id, and so what a sampler says that decides by it.
#[test]
fn an_open_decision_is_capped_too() {
    let propagators: [(&dyn Propagator, &str, &str); 5] = [
        (&W3cPropagator, "traceparent", TRACEPARENT),
        (&XTracePropagator, "x-trace-id", TRACE_ID),
        (
            &XrayPropagator,
            "x-amzn-trace-id",
            "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736",
        ),
        (
            &B3Propagator,
            "b3",
            "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        ),
        (&DatadogPropagator, "x-datadog-trace-id", "77"),
    ];
    for (propagator, key, value) in propagators {
        let (tracer, spans) = tracer(trace_core::ParentBased::new(trace_core::AlwaysOn));
        let is_recorded = |per_second| {
            let parent = ("x-datadog-parent-id", "78");
            let found = propagator.extract(&[(key, value), parent]);
            let root = tracer.root("serve").extracted(found);
            root.trust(Trust::Capped { per_second })
                .run_sync(span::is_recording)
        };
        assert!(!is_recorded(0), "{key}");
        assert_eq!([is_recorded(1), is_recorded(1)], [true, false], "{key}");
        let _report = tracer.flush(Duration::ZERO);
        assert_eq!(spans.spans().len(), 1);
        assert_eq!(tracer.stats().callers.capped, 2, "{key}");
        assert_eq!(tracer.stats().sampled_out, 2);
    }

    // What the sampler refuses takes nothing from the allowance.
    let (tracer, _) = tracer(sampler_fn(|input: &SamplingInput<'_>| {
        SamplingDecision::from(input.operation_name == "loud")
    }));
    let is_recorded = |name| {
        let found = XTracePropagator.extract(&[("x-trace-id", TRACE_ID)]);
        let root = tracer.root(name).extracted(found);
        root.trust(Trust::Capped { per_second: 1 })
            .run_sync(span::is_recording)
    };
    assert_eq!(
        ["still", "loud", "loud"].map(is_recorded),
        [false, true, false]
    );
    assert_eq!(tracer.stats().callers.capped, 1);
}
