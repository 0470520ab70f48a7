//! Tests of refused input, and of valid input that looks similar.

use expect_test::{Expect, expect};
use trace_otlp::decode;

use super::decode::request;
use super::kept::{read, span};

fn refused(input: &str, expected: Expect) {
    let error = decode::requests(input.as_bytes()).next().unwrap();
    expected.assert_eq(&error.unwrap_err().to_string());
}

#[test]
fn what_is_not_spelled_as_it_is_meant_is_refused() {
    let with = |from: &str, to: &str| request("").replace(from, to);
    refused(
        &with("scopeSpans", "scopespans"),
        expect![
            "line 1, column 33: `resourceSpans[0].scopespans` is a field that is not known; expected `scopeSpans`"
        ],
    );
    refused(
        &with("scopeSpans", "ScopeSpans"),
        expect![
            "line 1, column 33: `resourceSpans[0].ScopeSpans` is a field that is not known; expected `scopeSpans`"
        ],
    );
    refused(
        &with("\"spans\"", "\"Spans\""),
        expect![
            "line 1, column 43: `resourceSpans[0].scopeSpans[0].Spans` is a field that is not known; expected `spans`"
        ],
    );
    refused(
        &with("\"spans\"", "\"span\""),
        expect![
            "line 1, column 42: `resourceSpans[0].scopeSpans[0].span` is a field that is not known; expected `spans`"
        ],
    );
    refused(
        &with("\"spans\"", "\"vendor\""),
        expect![
            "line 1, column 34: `resourceSpans[0].scopeSpans[0]` is another object; expected one with `scope` and `spans`"
        ],
    );
    let attribute = |pair: &str| request(&format!(r#","attributes":[{{{pair}}}]"#));
    refused(
        &attribute(r#""key":"k","stringValue":"v""#),
        expect![
            "line 1, column 159: `resourceSpans[0].scopeSpans[0].spans[0].attributes[0].stringValue` is a value by itself; expected it within `value`"
        ],
    );
    refused(
        &attribute(r#""key":"k","value":{"StringVal":"v"}"#),
        expect![
            "line 1, column 151: `resourceSpans[0].scopeSpans[0].spans[0].attributes[0].value` is an object without a known value; expected one with a value such as `stringValue`"
        ],
    );
    refused(
        &attribute(r#""key":"k","value":{"string_val":"v","x":1}"#),
        expect![
            "line 1, column 151: `resourceSpans[0].scopeSpans[0].spans[0].attributes[0].value` is an object without a known value; expected one with a value such as `stringValue`"
        ],
    );
    let parent = span(&request(r#","parentSpanID":"00f067aa0ba902b8""#)).parent_span_id;
    assert_eq!(parent.unwrap().to_string(), "00f067aa0ba902b8");
}

#[test]
fn a_request_without_spans_may_be_empty() {
    let count = |input: &str| {
        let requests = decode::requests(input.as_bytes());
        requests
            .map(|request| request.map(|request| request.len()))
            .collect::<Result<Vec<_>, _>>()
    };
    for input in [
        "{}",
        " { \n} \n",
        "\u{feff}{}",
        r#"{"resourceSpans":[{}]}"#,
        r#"{"resourceSpans":[]}"#,
    ] {
        assert_eq!(count(input).unwrap(), [0], "{input}");
    }
    // Beside other fields it may have any meaning, as may an object with one field.
    for input in [
        "{} {}",
        "{}\n{\"resourceSpans\":[]}",
        "[{}]",
        "{\"resourceSpans\":[]}{}",
        "{\"a\":1}",
        "{\"trace\":{}}",
    ] {
        assert!(count(input).is_err(), "{input}");
    }
}

#[test]
fn other_formats_are_told_by_what_they_are() {
    refused(
        r#"{"resource":{"attributes":{"service.name":"shop"}},"traceId":"a","id":"c","name":"GET","kind":1,"attributes":{"k":"v"},"status":{"code":2}}"#,
        expect![
            "line 1, column 1: the request is a span as the console exporter of the JavaScript SDK prints it; expected `resourceSpans`, which an OTLP exporter writes"
        ],
    );
    refused(
        r#"{"traceId":"a","id":"c","kind":1}"#,
        expect![
            "line 1, column 1: the request is a span as the console exporter of the JavaScript SDK prints it; expected `resourceSpans`, which an OTLP exporter writes"
        ],
    );
    refused(
        r#"{"timestamp":17,"level":"info","message":"hello","traceId":"7","id":"7"}"#,
        expect![
            "line 1, column 1: the request is an object with `timestamp`, `level`, `message`, `traceId` and 1 more; expected `resourceSpans` of OTLP, or spans of Tempo, Jaeger or Zipkin"
        ],
    );
    refused(
        r#"{"ts":17,"what":"hello","traceId":"7","id":"7"}"#,
        expect![
            "line 1, column 1: the request is an object with `ts`, `what`, `traceId`, `id`; expected `resourceSpans` of OTLP, or spans of Tempo, Jaeger or Zipkin"
        ],
    );
    refused(
        r#"[{"traceId":"a","id":"a","annotations":[{"endpoint":{"serviceName":"frontend"},"timestamp":1,"value":"sr"}]}]"#,
        expect![
            "line 1, column 2: the request is a span of Zipkin's version 1; expected version 2, or OTLP: an OpenTelemetry Collector reads it by its receiver `zipkin` and writes OTLP by its exporter `file`"
        ],
    );
    refused(
        r#"{"traces":[[{"traceId":"1","id":"1"}]]}"#,
        expect![
            "line 1, column 1: the request is an object with `traces`; expected `resourceSpans` of OTLP, or spans of Tempo, Jaeger or Zipkin"
        ],
    );
    refused(
        r#"{"traces":[{"traceID":"1","spans":[]}]}"#,
        expect![
            "line 1, column 1: the request is an object with `traces`; expected `resourceSpans` of OTLP, or spans of Tempo, Jaeger or Zipkin"
        ],
    );
    refused(
        r#"[[{"trace_id":1,"span_id":2,"parent_id":0,"service":"a","resource":"r","meta":{}}]]"#,
        expect![
            "line 1, column 3: the request is a span as Datadog's libraries send it; expected OTLP, which an OpenTelemetry Collector makes of it by its receiver `datadog` and its exporter `file`"
        ],
    );
    refused(
        r#"{"traceId":"1","id":""}"#,
        expect![
            "line 1, column 22: `id` is an empty text; expected 1 to 16 hex digits, not all zero"
        ],
    );
    // Storage backends of Zipkin add their own fields.
    for field in [
        r#""timestamp_millis":7,"duration":1"#,
        r#""_q":["a"],"kind":"CLIENT""#,
        r#""name":"get""#,
    ] {
        assert_eq!(
            read(&format!(r#"{{"traceId":"1","id":"1",{field}}}"#)).len(),
            1
        );
    }
}

#[test]
fn other_encodings_are_named() {
    let found = |input: &[u8]| {
        let error = decode::requests(input)
            .next()
            .unwrap()
            .unwrap_err()
            .to_string();
        let found = error.split_once(": found ").unwrap().1;
        found.split_once(';').unwrap().0.to_owned()
    };
    assert_eq!(found(b"\xff\xfe{\0"), "text in UTF-16");
    assert_eq!(found(b"\xfe\xff\0{"), "text in UTF-16");
    assert_eq!(found(b"{\0\"\0"), "text in UTF-16");
    assert_eq!(found(b"\0[\0{"), "text in UTF-16");
    assert_eq!(found(b"\xff\xfe\0\0{\0\0\0"), "text in UTF-32");
    assert_eq!(found(b"\x28\xb5\x2f\xfd\x04"), "zstd data");
    assert_eq!(found(b"PK\x03\x04\x14"), "a zip archive");
    assert_eq!(found(b"BZh9"), "bzip2 data");
    assert_eq!(found(b"P"), "`P`");
}
