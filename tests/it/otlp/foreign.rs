//! Tests of input that is not plain OTLP: OTLP within another document is extracted, and other
//! formats are refused by name.

use expect_test::{Expect, expect};
use trace_otlp::decode;

use super::decode::request;

/// Compares the error of a refused input.
fn check(input: &str, expected: Expect) {
    let error = decode::requests(input.as_bytes()).next().unwrap();
    expected.assert_eq(&error.unwrap_err().to_string());
}

fn count(input: &str) -> usize {
    decode::requests(input.as_bytes())
        .map(|request| request.unwrap().len())
        .sum()
}

#[test]
fn what_is_around_requests_is_taken_off() {
    let whole = request("");
    let list = whole
        .strip_prefix(r#"{"resourceSpans":"#)
        .unwrap()
        .strip_suffix('}')
        .unwrap();
    let group = list.trim_start_matches('[').strip_suffix(']').unwrap();
    let old = list.replace("scopeSpans", "instrumentationLibrarySpans");
    for input in [
        format!(r#"{{"result":{whole}}}"#),
        format!("{{\"result\":{whole}}}\n{{\"result\":{{\"resourceSpans\":[]}}}}\n"),
        format!(r#"{{"batches":{list}}}"#),
        format!(r#"{{"batches":{old}}}"#),
        format!(r#"{{"trace":{whole},"metrics":{{"inspectedBytes":"7"}},"status":"COMPLETE"}}"#),
        format!(r#"{{"trace":{{"batches":{list}}}}}"#),
        format!("[{{\"result\":{whole}}}]"),
        group.to_owned(),
        format!("[{group}]"),
    ] {
        assert_eq!(count(&input), 1, "{input}");
    }
}

#[test]
fn mistakes_in_what_is_around_requests_are_named() {
    let bad = request(r#","parentSpanId":"abc""#);
    check(
        &format!(r#"{{"result":{bad}}}"#),
        expect![
            "line 1, column 147: `result.resourceSpans[0].scopeSpans[0].spans[0].parentSpanId` is `abc`; expected 16 hex digits or an empty text"
        ],
    );
    check(
        &format!(
            "{{\n  \"trace\": {}}}",
            bad.replace("resourceSpans", "batches")
        ),
        expect![
            "line 2, column 142: `trace.batches[0].scopeSpans[0].spans[0].parentSpanId` is `abc`; expected 16 hex digits or an empty text"
        ],
    );
    check(
        r#"{"result":{"code":5}}"#,
        expect![
            "line 1, column 11: `result` is an object with `code`; expected `resourceSpans` of OTLP, or spans of Tempo, Jaeger or Zipkin"
        ],
    );
    check(
        r#"{"result":"ok","spans":7}"#,
        expect![[
            r#"line 1, column 14: `result` is "ok"; expected an object with `resourceSpans`"#
        ]],
    );
    check(
        r#"{"trace":{},"metrics":{}}"#,
        expect![
            "line 1, column 10: `trace` is an empty object; expected `resourceSpans` of OTLP, or spans of Tempo, Jaeger or Zipkin"
        ],
    );
    check(
        r#"{"trace":null}"#,
        expect![
            "line 1, column 1: the request is an object with `trace`; expected `resourceSpans` of OTLP, or spans of Tempo, Jaeger or Zipkin"
        ],
    );
    check(
        r#"{"trace":{"trace":{"trace":{"trace":{"resourceSpans":[]}}}}}"#,
        expect![
            "line 1, column 28: `trace.trace.trace` is an object with `trace`; expected `resourceSpans` of OTLP, or spans of Tempo, Jaeger or Zipkin"
        ],
    );
    check(
        r#"{"resource":{},"scopeSpans":[{"spans":[{}]}]}"#,
        expect!["line 1, column 41: `scopeSpans[0].spans[0].traceId` is missing"],
    );
}

#[test]
fn other_objects_in_the_place_of_groups_are_refused() {
    check(
        r#"{"batches":[{"process":{},"spans":[]}]}"#,
        expect![
            "line 1, column 13: `batches[0]` is another object; expected one with `resource` and `scopeSpans`"
        ],
    );
    check(
        r#"{"resourceSpans":[{"resource":{},"spans":[{}]}]}"#,
        expect![
            "line 1, column 19: `resourceSpans[0]` is another object; expected one with `resource` and `scopeSpans`"
        ],
    );
    for empty in [
        "{}",
        r#"{"schemaUrl":""}"#,
        r#"{"resource":{}}"#,
        r#"{"scopeSpans":[]}"#,
        r#"{"scopeSpans":[{}]}"#,
        r#"{"scopeSpans":null,"vendor":7}"#,
    ] {
        assert_eq!(count(&format!(r#"{{"resourceSpans":[{empty}]}}"#)), 0);
    }
}

#[test]
fn other_documents_are_refused_by_what_they_are() {
    check(
        "[{}]",
        expect![
            "line 1, column 2: the request is an empty object; expected `resourceSpans` of OTLP, or spans of Tempo, Jaeger or Zipkin"
        ],
    );
    check(
        r#"{"a":1,"b":[{"c":2}],"d":3,"e":4,"f":5,"g":6}"#,
        expect![
            "line 1, column 1: the request is an object with `a`, `b`, `d`, `e` and 2 more; expected `resourceSpans` of OTLP, or spans of Tempo, Jaeger or Zipkin"
        ],
    );
    check(
        r#"[{"level":"info","msg":"started"}]"#,
        expect![
            "line 1, column 2: the request is an object with `level`, `msg`; expected `resourceSpans` of OTLP, or spans of Tempo, Jaeger or Zipkin"
        ],
    );
    check(
        r#"{"resource":{"attributes":{}}}"#,
        expect![
            "line 1, column 1: the request is an object with `resource`; expected `resourceSpans` of OTLP, or spans of Tempo, Jaeger or Zipkin"
        ],
    );
    check(
        r#"{"resourceLogs":[{"scopeLogs":[]}]}"#,
        expect![
            "line 1, column 1: the request is an object with logs alone (`resourceLogs`); expected `resourceSpans`: lenient reading leaves out what has none"
        ],
    );
    check(
        r#"{"resource_metrics":[]}"#,
        expect![
            "line 1, column 1: the request is an object with metrics alone (`resource_metrics`); expected `resourceSpans`: lenient reading leaves out what has none"
        ],
    );
    check(
        r#"[{"Name":"a","SpanContext":{"TraceID":"01"},"Resource":[]}]"#,
        expect![
            "line 1, column 2: the request is a span as the console exporter of the Go SDK prints it; expected `resourceSpans`, which an OTLP exporter writes"
        ],
    );
    check(
        "{\n  \"name\": \"a\",\n  \"context\": {},\n  \"start_time\": \"2026\",\n  \"resource\": {\"attributes\": {}}\n}",
        expect![
            "line 1, column 1: the request is a span as the console exporter of the Python SDK prints it; expected `resourceSpans`, which an OTLP exporter writes"
        ],
    );
    check(
        r#"{"traceId":"1","spanId":"2"}"#,
        expect![
            "line 1, column 1: the request is a span by itself; expected it among the `spans` of a `resourceSpans`"
        ],
    );
    check(
        r#"{"traceID":"1","spanID":"2"}"#,
        expect![
            "line 1, column 1: the request is a span of Jaeger's by itself; expected its trace, as `/api/traces/{id}` of Jaeger answers"
        ],
    );
    check(
        r#"[{"traceId":"1","id":"2","binaryAnnotations":[]}]"#,
        expect![
            "line 1, column 2: the request is a span of Zipkin's version 1; expected version 2, or OTLP: an OpenTelemetry Collector reads it by its receiver `zipkin` and writes OTLP by its exporter `file`"
        ],
    );
    check(
        r#"{"data":null,"total":0,"errors":[{"code":404,"msg":"trace not found"}]}"#,
        expect![
            "line 1, column 1: the request is an answer of Jaeger's without traces; expected `resourceSpans` of OTLP, or spans of Tempo, Jaeger or Zipkin"
        ],
    );
    check(
        r#"{"status":"success","data":{"resultType":"matrix"}}"#,
        expect![
            "line 1, column 1: the request is an object with `status`, `data`; expected `resourceSpans` of OTLP, or spans of Tempo, Jaeger or Zipkin"
        ],
    );
    check(
        r#"{"traces":[{"traceID":"1","rootServiceName":"shop"}],"metrics":{}}"#,
        expect![
            "line 1, column 1: the request is a list of traces without their spans; expected `resourceSpans` of OTLP, or spans of Tempo, Jaeger or Zipkin"
        ],
    );
    check(
        "[1,2]",
        expect!["line 1, column 2: found `1`; expected an object or `]`"],
    );
    check(
        "[[[{}]]]",
        expect!["line 1, column 3: found `[`; expected an object or `]`"],
    );
    check(
        "\"text\"",
        expect![[r#"line 1, column 1: found `"`; expected a JSON object or an array of them"#]],
    );
    check(
        "{\"a\":\n1,}",
        expect!["line 2, column 3: the request is malformed: trailing comma"],
    );
    check(
        "{\"a\u{202e}\\u0007\":1}",
        expect![[
            r#"line 1, column 1: the request is an object with `a\u{202e}\u{7}`; expected `resourceSpans` of OTLP, or spans of Tempo, Jaeger or Zipkin"#
        ]],
    );
}
