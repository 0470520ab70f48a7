//! Tests of headers: conformance with the specifications, round trips, hostile input.

use std::collections::{BTreeMap, HashMap};

use expect_test::{Expect, expect};
use trace_core::propagation::{
    BaggagePropagator, CompositePropagator, Injector, Propagator, W3cPropagator, XTracePropagator,
    extract, inject,
};
use trace_core::{Baggage, SpanId, TraceContext, TraceFlags, TraceId, TraceState};

use crate::random::Random;

type Headers = Vec<(String, String)>;

#[test]
fn trace_context_conforms() {
    conformance(include_str!("../data/w3c_trace_context.txt"));
}

#[test]
fn baggage_conforms() {
    conformance(include_str!("../data/w3c_baggage.txt"));
}

/// Runs the cases of a data file.
fn conformance(file: &str) {
    let lines: Vec<&str> = file.lines().filter(|line| !line.starts_with('#')).collect();
    let cases = lines
        .split(|line| line.is_empty())
        .filter(|case| !case.is_empty());
    let mut number = 0;
    for case in cases {
        let headers = |mark| -> Headers {
            case.iter()
                .filter_map(|line| line.strip_prefix(mark))
                .map(|line| {
                    let (name, value) = line.split_once(':').unwrap();
                    (name.trim().to_owned(), unescape(value.trim_matches(' ')))
                })
                .collect()
        };
        assert_eq!(pass_on(&headers("> ")), headers("< "), "{case:#?}");
        number += 1;
    }
    let sections = lines.iter().filter(|line| line.starts_with('[')).count();
    assert!(
        number > 0 && number == sections,
        "{number} cases, {sections} sections"
    );
}

/// Reads headers and writes what was read.
fn pass_on(received: &Headers) -> Headers {
    let found = extract(received);
    let mut sent = Headers::new();
    match found.context {
        Some(context) => inject(&context, &mut sent),
        None if found.baggage.is_empty() => {}
        None => sent.set("baggage", &found.baggage.to_header()),
    }
    sent
}

/// Replaces `\t`, `\s` and `{x*9}`.
fn unescape(text: &str) -> String {
    let mut text = text.replace("\\t", "\t").replace("\\s", " ");
    while let Some((before, (repeated, after))) = text
        .split_once('{')
        .and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        let Some((letter, times)) = repeated.split_once('*') else {
            break;
        };
        text = format!("{before}{}{after}", letter.repeat(times.parse().unwrap()));
    }
    text
}

fn check(headers: &[(&str, &str)], propagator: &dyn Propagator, expect: &Expect) {
    let problems = propagator.extract(&headers).problems;
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| format!("{}: {problem}\n", problem.header()))
        .collect();
    expect.assert_eq(&lines.concat());
}

#[test]
fn what_is_left_out_is_reported_with_its_reason() {
    let id = "4bf92f3577b34da6a3ce929d0e0e4736";
    let good = format!("00-{id}-00f067aa0ba902b7-01");
    let with = |state| [("traceparent", good.as_str()), ("tracestate", state)];
    let parent = |text: &str| {
        let error = TraceContext::from_traceparent(text).unwrap_err();
        format!("{error}\n")
    };
    expect![[r#"
        `version` in `traceparent` has 0 characters; expected 2 lower-case hex digits
        `version` in `traceparent` is `ff`; expected `00` to `fe`
        `trace-id` in `traceparent` is missing; expected 32 lower-case hex digits
        `trace-id` in `traceparent` has `A` at position 3; expected 32 lower-case hex digits
        `parent-id` in `traceparent` is all zeros; expected 16 lower-case hex digits
        `trace-flags` in `traceparent` has `\n` at position 1; expected 2 lower-case hex digits
        `traceparent` of version 00 goes on after `trace-flags`; expected 55 characters
    "#]]
    .assert_eq(
        &[
            parent(""),
            parent(&good.replacen("00", "ff", 1)),
            parent("00"),
            parent("00-4bfA2f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            parent(&format!("00-{id}-0000000000000000-01")),
            parent(&format!("00-{id}-00f067aa0ba902b7-0\n")),
            parent(&format!("{good}-x")),
        ]
        .concat(),
    );
    check(
        &[("traceparent", &good), ("Traceparent", &good)],
        &W3cPropagator,
        &expect![[r#"
            traceparent: `traceparent` is there more than once; expected one
        "#]],
    );
    check(
        &with("rojo=1,congo"),
        &W3cPropagator,
        &expect![[r#"
            tracestate: `congo`, member 2 of `tracestate`, has no `=`; expected `key=value`
        "#]],
    );
    check(
        &with("a=b=c"),
        &W3cPropagator,
        &expect![[r#"
            tracestate: value of `a=b=c`, member 1 of `tracestate`, has `=` at position 1; expected 1 to 256 printable ASCII characters but `,` and `=`, the last no space
        "#]],
    );
    check(
        &with(&"a=1,".repeat(33)),
        &W3cPropagator,
        &expect![[r#"
            tracestate: `tracestate` has more than 32 members; expected up to 32
        "#]],
    );
    check(
        &[("baggage", "a,b=\u{7},c=5%,d e=1,=2,f=1;(,g=7")],
        &W3cPropagator,
        &expect![[r#"
            baggage: `a`, member 1 of `baggage`, has no `=`; expected `key=value`
            baggage: value of `b=\u{7}`, member 2 of `baggage`, has `\u{7}`; expected it percent-encoded
            baggage: value of `c=5%`, member 3 of `baggage`, has a `%` without two hex digits; expected `%25` for the sign itself
            baggage: member 4 of `baggage`: baggage key `d e` has ` ` at position 1; expected letters, digits, and !#$%&'*+-.^_`|~
            baggage: member 5 of `baggage`: baggage key is empty; expected letters, digits, and !#$%&'*+-.^_`|~
            baggage: member 6 of `baggage`: baggage metadata has `(`; expected `key` or `key=value`
        "#]],
    );
}

#[test]
fn x_trace_reports_what_it_leaves_out() {
    let (trace, span) = (
        ("X-Trace-Id", "4bf92f3577b34da6a3ce929d0e0e4736"),
        ("X-Span-Id", "00f067aa0ba902b7"),
    );
    check(&[], &XTracePropagator, &expect![[r#""#]]);
    check(
        &[span],
        &XTracePropagator,
        &expect![[r#"
            x-trace-id: `x-trace-id` is missing; expected `x-trace-id` and `x-span-id` together
        "#]],
    );
    check(
        &[trace, ("X-Span-Id", "00F067AA0BA902B7")],
        &XTracePropagator,
        &expect![[r#"
            x-span-id: `x-span-id` has `F` at position 2; expected 16 lower-case hex digits
        "#]],
    );
    let bad = [
        trace,
        span,
        ("X-Parent-Span-Id", "0000000000000000"),
        ("X-Sampled", "yes"),
    ];
    check(
        &bad,
        &XTracePropagator,
        &expect![[r#"
            x-parent-span-id: `x-parent-span-id` is all zeros; expected 16 lower-case hex digits
            x-sampled: `x-sampled` is `yes`; expected `1` or `0`
        "#]],
    );
    let context = XTracePropagator.extract(&bad).context.unwrap();
    assert_eq!(context.parent_span_id, None);
    assert!(context.is_sampled() && context.is_remote);
}

#[test]
fn the_number_of_problems_is_bounded() {
    let found = extract(&[("baggage", "bad,".repeat(100_000))]);
    assert_eq!(found.problems.len(), 65);
    assert_eq!(
        found.problems[64].to_string(),
        "`baggage` has more than 64 members; expected up to 64"
    );
    let found = extract(&[("baggage", "x".repeat(1_000_000))]);
    assert!(found.problems[0].to_string().len() < 400);
}

#[test]
fn contexts_come_back_from_their_headers() {
    let mut random = Random::new(1);
    let both = CompositePropagator::new()
        .with(W3cPropagator)
        .with(XTracePropagator);
    for _ in 0..2_000 {
        let sent = random_context(&mut random);
        let mut headers = HashMap::new();
        both.inject(&sent, &mut headers);
        let w3c = TraceContext {
            parent_span_id: None,
            is_remote: true,
            ..sent.clone()
        };
        let found = W3cPropagator.extract(&headers);
        assert_eq!(found.problems, []);
        assert_eq!(found.context, Some(w3c));
        let x_trace = TraceContext {
            flags: TraceFlags::NONE.with_sampled(sent.is_sampled()),
            tracestate: TraceState::new(),
            baggage: Baggage::new(),
            is_remote: true,
            ..sent
        };
        assert_eq!(XTracePropagator.extract(&headers).context, Some(x_trace));
    }
}

/// For any input, nothing panics, and the written headers are valid.
#[test]
fn what_is_passed_on_is_never_bad() {
    let mut random = Random::new(2);
    for _ in 0..10_000 {
        let mut received = Headers::new();
        inject(&random_context(&mut random), &mut received);
        for (_, value) in &mut received {
            mutate(value, &mut random);
        }
        let sent = pass_on(&received);
        let again = extract(&sent);
        assert_eq!(again.problems, [], "{received:?}");
        assert_eq!(pass_on(&sent), sent, "{received:?}");
        for (_, value) in &sent {
            assert!(value.chars().all(|c| (' '..='~').contains(&c)), "{value:?}");
        }
    }
}

fn mutate(text: &mut String, random: &mut Random) {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..random.below(4) {
        let strange = [
            '-', '0', 'F', '=', ',', ';', '%', ' ', '\t', '\n', '\0', 'é', '😀',
        ];
        let character = strange[random.below(strange.len())];
        let position = random.below(characters.len() + 1);
        match random.below(3) {
            0 => characters.insert(position, character),
            1 => characters.truncate(position),
            _ if position < characters.len() => characters[position] = character,
            _ => characters.push(character),
        }
    }
    *text = characters.into_iter().collect();
}

fn random_context(random: &mut Random) -> TraceContext {
    let mut context = TraceContext::new(
        TraceId::new(random.id128()).unwrap(),
        SpanId::new(random.id64()).unwrap(),
    );
    context.flags = TraceFlags::from_byte(random.below(4) as u8);
    context.parent_span_id = (random.below(2) == 0).then(|| SpanId::new(random.id64()).unwrap());
    for _ in 0..random.below(5) {
        let key = random.text("abcz019_-*/@", 1, 20);
        let value = random.text("AZaz09!~;:{} ", 1, 20);
        // Some keys and values have an invalid beginning or end.
        let _refused = context.tracestate.insert(&key, &value);
    }
    for _ in 0..random.below(5) {
        let key = random.text("abcAZ09!#$%&'*+-.^_`|~", 1, 10);
        let value = random.text("aZ0 %,;=\"\\\t\r\n\0é€😀", 0, 20);
        let metadata = ["", "internal", "ttl=1;p=%20"][random.below(3)];
        context
            .baggage
            .insert_with_metadata(key, value, metadata)
            .unwrap();
    }
    context
}

#[test]
fn flags_without_a_meaning_are_not_kept() {
    let flags = |text| {
        TraceContext::from_traceparent(text)
            .unwrap()
            .flags
            .as_byte()
    };
    let of_version_00 = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fe";
    let of_version_01 = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff";
    assert_eq!([flags(of_version_00), flags(of_version_01)], [2, 1]);
}

#[test]
fn baggage_without_a_traceparent_is_not_lost() {
    let found = extract(&[("baggage", "tenant=acme")]);
    assert_eq!(found.context, None);
    assert_eq!(found.baggage.get("tenant"), Some("acme"));
    assert_eq!(found.problems, []);
}

#[test]
fn composite_takes_the_first_context_and_all_problems() {
    let propagator = CompositePropagator::new()
        .with(W3cPropagator)
        .with(XTracePropagator)
        .with(BaggagePropagator);
    let headers = [
        ("traceparent", "00-bad"),
        ("x-trace-id", "4bf92f3577b34da6a3ce929d0e0e4736"),
        ("x-span-id", "00f067aa0ba902b7"),
        ("x-sampled", "0"),
        ("baggage", "tenant=acme"),
    ];
    let found = propagator.extract(&headers);
    let context = found.context.unwrap();
    assert_eq!(context.span_id.to_string(), "00f067aa0ba902b7");
    assert!(!context.is_sampled());
    assert_eq!(context.baggage, found.baggage);
    assert_eq!(found.problems.len(), 1);
}

/// Bytes that are not text are reported, and other header lines still count.
#[test]
fn no_line_vanishes() {
    let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let found = extract(&[
        ("traceparent", good.as_bytes()),
        ("tracestate", b"rojo=1"),
        ("tracestate", b"congo=\xe9"),
        ("baggage", b"tenant=acme,city=Z\xfcrich"),
        ("baggage", b"plan=pro"),
    ]);
    let context = found.context.unwrap();
    assert!(context.tracestate.is_empty());
    assert_eq!(context.baggage.to_header(), "tenant=acme,plan=pro");
    let problems: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
    expect![[r#"
        value of `congo=�`, member 2 of `tracestate`, has `�` at position 0; expected 1 to 256 printable ASCII characters but `,` and `=`, the last no space
        value of `city=Z�rich`, member 2 of `baggage`, has `�`; expected it percent-encoded"#]].assert_eq(&problems.join("\n"));

    let found = extract(&[
        ("traceparent", good.as_bytes()),
        ("traceparent", b"00-\xff"),
    ]);
    assert_eq!(found.context, None);
    assert_eq!(
        found.problems[0].to_string(),
        "`traceparent` is there more than once; expected one"
    );
    let found = XTracePropagator.extract(&[("x-trace-id", &b"\xff"[..]), ("x-span-id", b"1")]);
    assert_eq!(
        found.problems[0].to_string(),
        "`x-trace-id` has 1 characters; expected 32 lower-case hex digits"
    );
}

#[test]
fn used_headers_keep_nothing_of_another_context() {
    fn check(headers: &mut dyn Injector) {
        let mut context = TraceContext::new(TraceId::new(1).unwrap(), SpanId::new(2).unwrap());
        inject(&context, headers);
        context.trace_id = TraceId::new(3).unwrap();
        inject(&context, headers);
    }
    let used = [
        ("Traceparent", "x"),
        ("TRACESTATE", "rojo=1"),
        ("Baggage", "secret=1"),
        ("Host", "example.org"),
    ];
    let used = used.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let expected = [
        ("Host", "example.org"),
        (
            "traceparent",
            "00-00000000000000000000000000000003-0000000000000002-01",
        ),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));

    let mut list = used.to_vec();
    check(&mut list);
    assert_eq!(list, expected);
    let mut hash_map = HashMap::from(used.clone());
    check(&mut hash_map);
    assert_eq!(hash_map, HashMap::from(expected.clone()));
    let mut tree_map = BTreeMap::from(used);
    check(&mut tree_map);
    assert_eq!(tree_map, BTreeMap::from(expected));
}

#[test]
fn a_root_goes_on_with_what_was_extracted_and_counts_what_was_bad() {
    use std::collections::HashMap;
    use trace_core::{MemoryCollector, Tracer, span};

    let spans = MemoryCollector::new();
    let tracer = Tracer::builder("test")
        .collector(spans.clone())
        .on_demand()
        .build()
        .unwrap();
    let serve = |headers: &[(&str, &str)]| {
        let mut sent = HashMap::new();
        tracer
            .root("serve")
            .extracted(trace_core::propagation::extract(&headers))
            .run_sync(|| assert!(span::inject(&mut sent)));
        sent
    };
    let sent = serve(&[
        (
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ),
        ("baggage", "user=ann"),
    ]);
    assert_eq!(sent["baggage"], "user=ann");
    assert!(sent["traceparent"].starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
    assert_eq!(tracer.stats().bad_headers, 0);

    let sent = serve(&[("traceparent", "nonsense"), ("baggage", "user=bob")]);
    assert_eq!(sent["baggage"], "user=bob");
    assert_eq!(tracer.stats().bad_headers, 1);

    tracer.flush(std::time::Duration::ZERO);
    let spans = spans.spans();
    assert_eq!(
        spans[0].parent_span_id.unwrap().to_string(),
        "b7ad6b7169203331"
    );
    assert!(spans[0].parent_is_remote);
    assert_eq!(spans[1].parent_span_id, None);
}
