//! Tests of reading.

use expect_test::{Expect, expect};
use trace_core::{Outcome, SpanKind, SpanRecord, Status, TraceFlags};
use trace_otlp::decode;

const IDS: &str = r#""traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7""#;

/// Returns a request with one span, to which `fields` are added.
pub(super) fn request(fields: &str) -> String {
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{IDS}{fields}}}]}}]}}]}}"#)
}

fn span(fields: &str) -> SpanRecord {
    let text = request(fields);
    let mut request = decode::requests(text.as_bytes()).next().unwrap().unwrap();
    request.groups.remove(0).spans.remove(0)
}

/// Checks the tags of a span with one attribute of this value.
fn check_value(value: &str, expected: &Expect) {
    let span = span(&format!(r#","attributes":[{{"key":"k","value":{value}}}]"#));
    let tag = span.tag("k").unwrap();
    expected.assert_eq(&format!("{tag:?}"));
}

#[test]
fn numbers_are_taken_as_numbers_and_as_texts() {
    for (start, end) in [("7", "9"), (r#""7""#, r#""9""#), ("7.0", "0.9e1")] {
        let span = span(&format!(
            r#","startTimeUnixNano":{start},"endTimeUnixNano":{end},"droppedEventsCount":{end}"#
        ));
        assert_eq!(
            (span.start.as_unix_nanos(), span.end.as_unix_nanos()),
            (7, 9)
        );
        assert_eq!(span.dropped.logs, 9);
    }
}

#[test]
fn enums_are_taken_as_numbers_and_as_names() {
    for (kind, code) in [
        ("3", "2"),
        (r#""SPAN_KIND_CLIENT""#, r#""STATUS_CODE_ERROR""#),
    ] {
        let span = span(&format!(
            r#","kind":{kind},"status":{{"code":{code},"message":"m"}}"#
        ));
        assert_eq!(span.kind, SpanKind::Client);
        assert_eq!(span.status, Status::Error("m".into()));
        assert_eq!(span.outcome, Outcome::Error);
    }
}

#[test]
fn numbers_in_texts_are_those_of_json() {
    let time = |text: &str| {
        span(&format!(r#","startTimeUnixNano":"{text}""#))
            .start
            .as_unix_nanos()
    };
    assert_eq!(time("1e3"), 1_000);
    assert_eq!(time("12.50E1"), 125);
    assert_eq!(time("18446744073709551615.0"), u64::MAX);
    assert_eq!(time("-0"), 0);
    check_value(r#"{"intValue":"-1.0e2"}"#, &expect!["I64(-100)"]);
    check_value(r#"{"doubleValue":"1e3"}"#, &expect!["F64(1000.0)"]);
    check_value(r#"{"doubleValue":"NaN"}"#, &expect!["F64(NaN)"]);
}

#[test]
fn unknown_values_of_enums_are_not_specified_and_counted() {
    let read = |kind: &str, code: &str| {
        let status = format!(r#""status":{{"code":{code},"message":"m"}}"#);
        let text = request(&format!(r#","kind":{kind},{status}"#));
        let request = decode::requests(text.as_bytes()).next().unwrap().unwrap();
        assert_eq!(request.left_out, 0);
        let span = &request.groups[0].spans[0];
        (span.kind, span.status.clone(), request.unknown_enums)
    };
    let unset = Status::Unset;
    assert_eq!(read("9", "0"), (SpanKind::Internal, unset.clone(), 1));
    assert_eq!(read("-1", "7"), (SpanKind::Internal, unset.clone(), 2));
    assert_eq!(
        read(r#""SERVER""#, r#""STATUS_CODE_X""#),
        (SpanKind::Internal, unset.clone(), 2)
    );
    assert_eq!(
        read(r#""3""#, r#""STATUS_CODE_UNSET""#),
        (SpanKind::Client, unset, 0)
    );
    let input = [request(r#","kind":6"#), request(r#","kind":7"#)].join("\n");
    let totals = decode::requests(input.as_bytes()).feed(&()).unwrap();
    assert_eq!((totals.spans, totals.unknown_enums), (2, 2));
}

#[test]
fn half_a_surrogate_pair_is_replaced() {
    let span = span(
        r#","name":"a\ud800b\ud83d\ude00","\udc00":1,
        "attributes":[{"key":"\ude00","value":{"stringValue":"\\ud800\ud83d"}}]"#,
    );
    assert_eq!(span.operation_name, "a\u{fffd}b😀");
    assert_eq!(
        span.tag("\u{fffd}").unwrap().as_str(),
        Some("\\ud800\u{fffd}")
    );
}

#[test]
fn ids_are_read_in_base64_where_they_cannot_be_hex() {
    let text = request(r#","parentSpanId":"APBnqgupArc","links":[{"traceId":"S_kvNXezTaajzpKdDg5HNg","spanId":"APBnqgupArc="}]"#)
        .replace("4bf92f3577b34da6a3ce929d0e0e4736", "S/kvNXezTaajzpKdDg5HNg==")
        .replace(r#""00f067aa0ba902b7""#, r#""AAAAAAAAAAE=""#);
    let request = decode::requests(text.as_bytes()).next().unwrap().unwrap();
    let read = &request.groups[0].spans[0];
    let hex = span("");
    assert_eq!(
        (read.trace_id, read.links[0].trace_id),
        (hex.trace_id, hex.trace_id)
    );
    assert_eq!(read.span_id.to_string(), "0000000000000001");
    assert_eq!(read.parent_span_id, Some(hex.span_id));
    assert_eq!(read.links[0].span_id, hex.span_id);
    assert_eq!(
        span(r#","parentSpanId":"AAAAAAAAAAA=""#).parent_span_id,
        None
    );
}

#[test]
fn null_is_absent_and_unknown_fields_are_ignored() {
    let plain = span("");
    let nulls = [
        "traceState",
        "parentSpanId",
        "flags",
        "name",
        "kind",
        "startTimeUnixNano",
        "attributes",
        "events",
        "links",
        "status",
        "droppedLinksCount",
    ]
    .map(|field| format!(r#","{field}":null"#));
    assert_eq!(span(&nulls.concat()), plain);
    assert_eq!(span(r#","vendor":[{"a":{}}],"parentSpanId":"""#), plain);
    assert_eq!(span(r#","parentSpanId":"0000000000000000""#), plain);
    assert_eq!(plain.flags, TraceFlags::SAMPLED);
    assert_eq!(&*plain.service_name, "unknown_service");
    for empty in [
        r#"{"resourceSpans":null}"#,
        r#"{"resourceSpans":[]}"#,
        r#"{"trace":{"batches":[]}}"#,
        "[]",
        "",
        " \n",
    ] {
        let spans = decode::requests(empty.as_bytes()).map(|request| request.unwrap().len());
        assert_eq!(spans.sum::<usize>(), 0, "{empty}");
    }
}

#[test]
fn field_names_are_taken_in_snake_case() {
    let snake = r#"{"resource_spans":[{"scope_spans":[{"spans":[{
        "trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7",
        "parent_span_id":"1111111111111111","start_time_unix_nano":5,
        "attributes":[{"key":"k","value":{"int_value":"7"}}],
        "events":[{"time_unix_nano":3,"name":"e"}]}]}]}]}"#;
    let request = decode::requests(snake.as_bytes()).next().unwrap().unwrap();
    let camel = span(
        r#","parentSpanId":"1111111111111111","startTimeUnixNano":5,
        "attributes":[{"key":"k","value":{"intValue":7}}],
        "events":[{"timeUnixNano":3,"name":"e"}]"#,
    );
    assert_eq!(request.groups[0].spans, [camel]);
}

#[test]
fn scopes_and_services_come_from_around_the_span() {
    let input = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[
            {{"scope":{{"name":"tower","version":"1"}},"spans":[{{{IDS}}}]}},
            {{"scope":{{"name":"trace-core"}},"spans":[{{{IDS}}}]}}],
          "resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"shop"}}}},
                                     {{"key":"host.name","value":{{"stringValue":"a"}}}}]}}}},
        {{"instrumentationLibrarySpans":[
            {{"instrumentationLibrary":{{"name":"old"}},"spans":[{{{IDS}}}]}}]}}]}}"#
    );
    let request = decode::requests(input.as_bytes()).next().unwrap().unwrap();
    let mut lines = Vec::new();
    for group in &request.groups {
        let tags = |tags: &[trace_core::Tag]| {
            let texts = tags.iter().map(|tag| format!(" {}={}", tag.key, tag.value));
            texts.collect::<String>()
        };
        lines.push(format!("resource{}", tags(&group.resource.tags)));
        for span in &group.spans {
            lines.push(format!("{}{}", span.service_name, tags(&span.tags)));
        }
    }
    expect![[r#"
        resource host.name=a
        shop otel.scope.name=tower otel.scope.version=1
        shop
        resource
        unknown_service otel.scope.name=old"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn values_have_the_nearest_type() {
    check_value(
        r#"{"intValue":"-9223372036854775808"}"#,
        &expect!["I64(-9223372036854775808)"],
    );
    check_value(r#"{"doubleValue":3}"#, &expect!["F64(3.0)"]);
    check_value(r#"{"doubleValue":"-Infinity"}"#, &expect!["F64(-inf)"]);
    check_value(r#"{"bytesValue":"AAE="}"#, &expect![[r#"String("AAE=")"#]]);
    check_value(r#"{}"#, &expect![[r#"String("")"#]]);
    check_value("null", &expect![[r#"String("")"#]]);
    check_value(r#"{"arrayValue":{}}"#, &expect!["Array(String([]))"]);
    check_value(
        r#"{"arrayValue":{"values":[{"intValue":1},{"intValue":"2"}]}}"#,
        &expect!["Array(I64([1, 2]))"],
    );
    check_value(
        r#"{"arrayValue":{"values":[{"intValue":1},{"stringValue":"a\"b"},null,
            {"arrayValue":{"values":[{"doubleValue":"NaN"}]}}]}}"#,
        &expect![[r#"Array(String(["1", "a\"b", "null", "[\"NaN\"]"]))"#]],
    );
    check_value(
        r#"{"kvlistValue":{"values":[{"key":"a","value":{"kvlistValue":{"values":[]}}},{"key":"b"}]}}"#,
        &expect![[r#"String("{\"a\":{},\"b\":null}")"#]],
    );
}

#[test]
fn of_tags_with_one_key_the_last_counts() {
    for keys in [2, 100] {
        let attributes: Vec<_> = (0..3 * keys)
            .map(|index| {
                let key = index % keys;
                format!(r#"{{"key":"{key}","value":{{"intValue":{index}}}}}"#)
            })
            .collect();
        let span = span(&format!(r#","attributes":[{}]"#, attributes.join(",")));
        let values: Vec<_> = span
            .tags
            .iter()
            .map(|tag| tag.value.as_i64().unwrap())
            .collect();
        assert_eq!(values, (2 * keys..3 * keys).collect::<Vec<_>>());
    }
}

#[test]
fn missing_times_are_zero_and_wrong_ones_stay() {
    let times = |span: &SpanRecord| (span.start.as_unix_nanos(), span.end.as_unix_nanos());
    let missing = span(r#","startTimeUnixNano":9"#);
    assert_eq!(
        (times(&missing), missing.duration().as_nanos()),
        ((9, 0), 0)
    );
    assert_eq!(times(&span(r#","endTimeUnixNano":9"#)), (0, 9));
    assert_eq!(times(&span("")), (0, 0));
    let wrong = span(r#","startTimeUnixNano":9,"endTimeUnixNano":7"#);
    assert_eq!((times(&wrong), wrong.duration().as_nanos()), ((9, 7), 0));
}

#[test]
fn a_bad_tracestate_is_dropped_alone() {
    let with = |state: &str| span(&format!(r#","name":"charge","traceState":"{state}""#));
    assert_eq!(with("=bad="), with(""));
    assert_eq!(with("congo=1").tracestate.get("congo"), Some("1"));
}

#[test]
fn an_input_is_one_request_or_several_in_any_form() {
    let one = request("");
    let pretty = one.replace('[', "[\n  ").replace(',', " ,\r\n\t");
    for (input, requests) in [
        (format!("\u{feff}{one}"), 1),
        (format!("{one}\n{one}\r\n\n{one}\n"), 3),
        (format!("{one}{one}"), 2),
        (format!("{pretty}\n{pretty}"), 2),
        (format!("[{one},\n{one}]"), 2),
        (format!(" [ ] [{one}] {one}"), 2),
        (format!("[[{one}], [], [{one},{one}]]"), 3),
    ] {
        let read: Vec<_> = decode::requests(input.as_bytes())
            .map(Result::unwrap)
            .collect();
        assert_eq!(read.len(), requests, "{input}");
        assert!(read.iter().all(|request| request.len() == 1), "{input}");
    }
}
