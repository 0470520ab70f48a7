//! Headers: conformance with the specifications, and what is said of those that are bad.

mod baggage;
mod composite;
mod environment;
mod roots;
mod round_trips;
mod vendors;

use std::collections::{BTreeMap, HashMap};

use expect_test::{Expect, expect};
use trace_core::propagation::{
    Injector, Propagator, W3cPropagator, XTracePropagator, extract, inject,
};
use trace_core::{SpanId, TraceContext, TraceFlags, TraceId};

type Headers = Vec<(String, String)>;

#[test]
fn trace_context_conforms() {
    conformance(include_str!("../../data/w3c_trace_context.txt"));
}

#[test]
fn baggage_conforms() {
    conformance(include_str!("../../data/w3c_baggage.txt"));
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

/// Checks what is found in headers, in lines.
#[track_caller]
fn check_found(propagator: &dyn Propagator, headers: &[(&str, &str)], expect: &Expect) {
    let found = propagator.extract(&headers);
    let mut lines = String::new();
    if let Some(context) = &found.context {
        assert!(context.is_remote);
        assert_eq!(context.baggage, found.baggage);
        lines += &format!("{} {}", context.trace_id, context.span_id);
        if let Some(parent) = context.parent_span_id {
            lines += &format!(" below {parent}");
        }
        lines += &format!(", {}", flags(context.flags));
        if !context.tracestate.is_empty() {
            lines += &format!(", {}", context.tracestate);
        }
        lines += "\n";
    }
    if let Some(trace_id) = found.start.trace_id {
        lines += &format!("start: {trace_id}\n");
    }
    if let Some(wish) = found.start.flags {
        lines += &format!("start: {}\n", flags(wish));
    }
    if !found.baggage.is_empty() {
        lines += &format!("{:?}\n", found.baggage);
    }
    for problem in &found.problems {
        lines += &format!("{}: {problem}\n", problem.header());
    }
    expect.assert_eq(&lines);
}

fn flags(flags: TraceFlags) -> &'static str {
    match flags {
        flags if flags.is_debug() => "debug",
        flags if flags.is_deferred() => "not decided",
        flags if flags.is_sampled() => "sampled",
        _ => "not sampled",
    }
}

/// Writes a context as headers, in lines.
fn written(propagator: &dyn Propagator, context: &TraceContext) -> String {
    let mut headers = Headers::new();
    propagator.inject(context, &mut headers);
    let lines = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\n"));
    lines.collect()
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
fn flags_without_a_meaning_are_not_kept() {
    let flags = |text| {
        TraceContext::from_traceparent(text)
            .unwrap()
            .flags
            .as_byte()
    };
    let of_version_00 = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fe";
    let of_version_01 = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff";
    assert_eq!([flags(of_version_00), flags(of_version_01)], [2, 3]);
}

#[test]
fn baggage_without_a_traceparent_is_not_lost() {
    let found = extract(&[("baggage", "tenant=acme")]);
    assert_eq!(found.context, None);
    assert_eq!(found.baggage.get("tenant"), Some("acme"));
    assert_eq!(found.problems, []);
}

/// Bytes that are no text are reported, and the lines beside them count.
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
        "`x-trace-id` has `\u{fffd}` at position 0; expected 16 or 32 hex digits, not all 0, or a UUID"
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
