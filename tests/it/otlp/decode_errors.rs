//! Tests of refused input and the error messages.

use expect_test::{Expect, expect};
use trace_otlp::decode::{self, DecodeOptions};

use super::decode::request;

/// Compares the errors and the number of spans of an input. Strict reading ends at the first
/// error.
fn check_errors(input: &str, expected: &Expect) {
    let lenient = DecodeOptions {
        lenient: true,
        ..DecodeOptions::default()
    };
    let (mut spans, mut errors) = (0, Vec::new());
    for request in decode::requests(input.as_bytes()).with_options(lenient) {
        let request = request.unwrap();
        spans += request.len();
        errors.extend(request.problems.iter().map(ToString::to_string));
    }
    let strict: Result<Vec<_>, _> = decode::requests(input.as_bytes()).collect();
    assert_eq!(
        strict.err().map(|error| error.to_string()),
        errors.first().cloned()
    );
    errors.push(format!("{spans} spans"));
    expected.assert_eq(&errors.join("\n"));
}

#[test]
fn a_mistake_is_named_with_its_place() {
    let in_span = |fields: &str| format!("{{\"resourceSpans\":[]}}\n{}", request(fields));
    check_errors(
        &in_span(r#","kind":1.5"#),
        &expect![[r#"
        line 2, column 127: `resourceSpans[0].scopeSpans[0].spans[0].kind` is `1.5`; expected 0 to 5 or a name such as `SPAN_KIND_SERVER`
        0 spans"#]],
    );
    check_errors(
        &in_span(r#","kind":true"#),
        &expect![[r#"
            line 2, column 128: `resourceSpans[0].scopeSpans[0].spans[0].kind` is `true`; expected 0 to 5 or a name such as `SPAN_KIND_SERVER`
            0 spans"#]],
    );
    check_errors(
        &in_span(r#","startTimeUnixNano":-1"#),
        &expect![[r#"
        line 2, column 139: `resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano` is `-1`; expected an integer from 0 to 2^64 - 1, or a text of one
        0 spans"#]],
    );
    check_errors(
        &in_span(r#","startTimeUnixNano":"+1""#),
        &expect![[r#"
        line 2, column 141: `resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano` is `+1`; expected an integer from 0 to 2^64 - 1, or a text of one
        0 spans"#]],
    );
    check_errors(
        &in_span(r#","startTimeUnixNano":" 1""#),
        &expect![[r#"
        line 2, column 141: `resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano` is ` 1`; expected an integer from 0 to 2^64 - 1, or a text of one
        0 spans"#]],
    );
    check_errors(
        &in_span(r#","startTimeUnixNano":18446744073709551616"#),
        &expect![[r#"
            line 2, column 157: `resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano` is `18446744073709551616`; expected an integer from 0 to 2^64 - 1, or a text of one
            0 spans"#]],
    );
    check_errors(
        &in_span(r#","attributes":[{"key":"k","value":{"doubleValue":"1e999"}}]"#),
        &expect![[r#"
            line 2, column 172: `resourceSpans[0].scopeSpans[0].spans[0].attributes[0].value.doubleValue` is `1e999`; expected a number, `NaN`, `Infinity` or `-Infinity`
            0 spans"#]],
    );
    check_errors(
        &in_span(r#","attributes":[{"key":"k","value":{"doubleValue":1e999}}]"#),
        &expect![[r#"
            line 2, column 170: `resourceSpans[0].scopeSpans[0].spans[0].attributes[0].value.doubleValue` is `1e999`; expected a number, `NaN`, `Infinity` or `-Infinity`
            0 spans"#]],
    );
    check_errors(
        &in_span(r#","startTimeUnixNano":1.5"#),
        &expect![[r#"
        line 2, column 140: `resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano` is `1.5`; expected an integer from 0 to 2^64 - 1, or a text of one
        0 spans"#]],
    );
    check_errors(
        &in_span(r#","startTimeUnixNano":{"low":1}"#),
        &expect![[r#"
            line 2, column 138: `resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano` is an object; expected an integer from 0 to 2^64 - 1, or a text of one
            0 spans"#]],
    );
    check_errors(
        &in_span(r#","parentSpanId":"abc""#),
        &expect![[r#"
        line 2, column 137: `resourceSpans[0].scopeSpans[0].spans[0].parentSpanId` is `abc`; expected 16 hex digits or an empty text
        0 spans"#]],
    );
    check_errors(
        &in_span(r#","name":"a","name":"b""#),
        &expect![[r#"
        line 2, column 134: `resourceSpans[0].scopeSpans[0].spans[0].name` is there twice
        0 spans"#]],
    );
    check_errors(
        &in_span(r#","links":[{"traceId":"0"}]"#),
        &expect![[r#"
            line 2, column 140: `resourceSpans[0].scopeSpans[0].spans[0].links[0].traceId` is `0`; expected 32 hex digits or an empty text
            0 spans"#]],
    );
    check_errors(
        &in_span(r#","attributes":[{"key":"k","value":{"intValue":"7\u001b[0m"}}]"#),
        &expect![[r#"
            line 2, column 174: `resourceSpans[0].scopeSpans[0].spans[0].attributes[0].value.intValue` is `7\u{1b}[0m`; expected an integer from -2^63 to 2^63 - 1, or a text of one
            0 spans"#]],
    );
    check_errors(
        &in_span(r#","events":{}"#),
        &expect![[r#"
            line 2, column 127: `resourceSpans[0].scopeSpans[0].spans[0].events` is an object; expected an array
            0 spans"#]],
    );
}

#[test]
fn ids_must_be_hex_or_base64() {
    let with_id = |id: &str| request("").replace(r#""4bf92f3577b34da6a3ce929d0e0e4736""#, id);
    check_errors(
        &with_id(r#""4bf92f3577b34da6a3ce92""#),
        &expect![[r#"
            line 1, column 78: `resourceSpans[0].scopeSpans[0].spans[0].traceId` is `4bf92f3577b34da6a3ce92`; expected 32 hex digits, not all zero
            0 spans"#]],
    );
    check_errors(
        &with_id(r#""00000000000000000000000000000000""#),
        &expect![[r#"
            line 1, column 88: `resourceSpans[0].scopeSpans[0].spans[0].traceId` is `00000000000000000000000000000000`; expected 32 hex digits, not all zero
            0 spans"#]],
    );
    check_errors(
        &with_id("null"),
        &expect![[r#"
        line 1, column 58: `resourceSpans[0].scopeSpans[0].spans[0].traceId` is null; expected 32 hex digits, not all zero
        0 spans"#]],
    );
    check_errors(
        &request("").replace(r#""traceId":"#, r#""id":"#),
        &expect![[r#"
            line 1, column 112: `resourceSpans[0].scopeSpans[0].spans[0].traceId` is missing
            0 spans"#]],
    );
}

#[test]
fn what_follows_a_bad_request_is_read_when_lenient() {
    let good = request("");
    let cut = good.get(..60).unwrap();
    let bad = good.replace("00f067", "xxx");
    check_errors(
        &format!("{good}\n{cut}\n{good}\n"),
        &expect![[r#"
        line 2, column 60: `resourceSpans[0].scopeSpans[0].spans[0]` is cut off: EOF while parsing a string
        2 spans"#]],
    );
    check_errors(
        &format!("{good}\n{cut} \"text\n{good}"),
        &expect![[r#"
        line 2, column 63: `resourceSpans[0].scopeSpans[0].spans[0]` is malformed: expected `,` or `}`
        2 spans"#]],
    );
    check_errors(
        &format!("{good}\n{bad}\n{good}"),
        &expect![[r#"
        line 2, column 113: `resourceSpans[0].scopeSpans[0].spans[0].spanId` is `xxxaa0ba902b7`; expected 16 hex digits, not all zero
        2 spans"#]],
    );
    check_errors(
        &format!("{good}\nnonsense\n{good}"),
        &expect![[r#"
        line 2, column 1: found `n`; expected a JSON object or an array of them
        2 spans"#]],
    );
    check_errors(
        &format!("{good}\n{cut}"),
        &expect![[r#"
        line 2, column 60: `resourceSpans[0].scopeSpans[0].spans[0]` is cut off: EOF while parsing a string
        1 spans"#]],
    );
    check_errors(
        r#"{"resourceSpans":7}{"resourceSpans":[]}"#,
        &expect![[r#"
            line 1, column 18: `resourceSpans` is `7`; expected an array
            0 spans"#]],
    );
    check_errors(
        r#"[{"resourceSpans":[]} {"resourceSpans":[]}]"#,
        &expect![[r#"
            line 1, column 23: found `{`; expected `,` or `]`
            0 spans"#]],
    );
    check_errors(
        r#"[{"resourceSpans":[]},"#,
        &expect![[r#"
            line 1, column 23: found the end of the input; expected an object
            0 spans"#]],
    );
}

#[test]
fn what_is_left_out_is_counted_and_the_first_of_it_explained() {
    let bad = [&"{},".repeat(149), "{}"].concat();
    let input = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{bad}]}}]}}]}}"#);
    let input = [&input, "nonsense", &request("")].join("\n");
    let lenient = DecodeOptions {
        lenient: true,
        ..DecodeOptions::default()
    };
    let totals = decode::requests(input.as_bytes())
        .with_options(lenient)
        .feed(&())
        .unwrap();
    assert_eq!((totals.requests, totals.spans), (3, 1));
    assert_eq!((totals.left_out, totals.problems.len()), (151, 100));
    assert!(totals.problems[99].path().ends_with("spans[99].traceId"));
}

#[test]
fn what_is_no_json_at_all_is_recognized() {
    let error = |input: &[u8]| {
        decode::requests(input)
            .next()
            .unwrap()
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error(b"\x1f\x8b\x08"),
        "line 1, column 1: found gzip data; expected a JSON object or an array of them"
    );
    assert_eq!(
        error(b"\n\n  \x0a\x01"),
        "line 4, column 1: found byte 0x01; expected a JSON object or an array of them"
    );
}
