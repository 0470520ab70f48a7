//! Tests that facts are kept, or reported as missing, where formats and programs differ.

use trace_core::{SpanRecord, Status};
use trace_otlp::decode::{self, DecodedRequest};

use super::decode::request;

pub(super) fn read(input: &str) -> DecodedRequest {
    decode::requests(input.as_bytes()).next().unwrap().unwrap()
}

pub(super) fn span(input: &str) -> SpanRecord {
    read(input).groups.remove(0).spans.remove(0)
}

fn zipkin(tags: &str) -> String {
    format!(r#"{{"traceId":"1","id":"1","tags":{{{tags}}}}}"#)
}

fn jaeger(span: &str, processes: &str) -> String {
    format!(
        r#"{{"data":[{{"traceID":"1","spans":[{{"traceID":"1","spanID":"1"{span}}}],"processes":{{{processes}}}}}]}}"#
    )
}

/// Returns a Jaeger span with a tag.
fn tagged(key: &str, value_type: &str, value: &str) -> String {
    let tag = format!(r#"{{"key":"{key}","type":"{value_type}","value":{value}}}"#);
    jaeger(&format!(r#","tags":[{tag}]"#), "")
}

#[test]
fn links_without_ids_are_counted() {
    let zeros = r#""traceId":"00000000000000000000000000000000","spanId":"0000000000000000""#;
    let good = r#""traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7""#;
    for ids in [
        r#""traceId":"","spanId":"""#,
        zeros,
        "\"attributes\":[]",
        r#""traceId":null"#,
    ] {
        let links = format!(r#","links":[{{{ids}}},{{{good}}}],"droppedLinksCount":2"#);
        let span = span(&request(&links));
        assert_eq!((span.links.len(), span.dropped.links), (1, 3), "{ids}");
    }
    let references = r#","references":[{"refType":"CHILD_OF","traceID":"1","spanID":""},{"refType":"CHILD_OF","traceID":"","spanID":"7"},
        {"refType":"FOLLOWS_FROM","traceID":"2","spanID":"3"}]"#;
    let span = span(&jaeger(references, ""));
    assert_eq!(span.parent_span_id, None);
    assert_eq!((span.links.len(), span.dropped.links), (1, 2));
}

#[test]
fn services_of_jaegers_are_read_where_they_are() {
    let service = |span: &str, processes: &str| {
        let request = read(&jaeger(span, processes));
        let group = &request.groups[0];
        assert_eq!(group.spans[0].service_name, group.resource.service_name);
        let tags = group.resource.tags.len();
        (
            group.resource.service_name.to_string(),
            tags,
            request.unknown_services,
        )
    };
    let inline =
        r#","process":{"serviceName":"shop","tags":[{"key":"a","type":"string","value":"b"}]}"#;
    assert_eq!(service(inline, ""), ("shop".to_owned(), 1, 0));
    let by_id = r#","processID":"p1""#;
    let unknown = "unknown_service".to_owned();
    assert_eq!(
        service(by_id, r#""p1":{"serviceName":"shop"}"#),
        ("shop".to_owned(), 0, 0)
    );
    assert_eq!(
        service(by_id, r#""p2":{"serviceName":"shop"}"#),
        (unknown.clone(), 0, 1)
    );
    assert_eq!(service("", ""), (unknown.clone(), 0, 0));
    let both = r#","processID":"p1","process":{"serviceName":"bank"}"#;
    assert_eq!(service(both, r#""p1":{"serviceName":"shop"}"#).0, "bank");
    let totals = decode::requests(jaeger(by_id, "").as_bytes())
        .feed(&())
        .unwrap();
    assert_eq!(totals.unknown_services, 1);
}

#[test]
fn a_service_without_a_name_is_unknown() {
    let group = |value: &str| {
        let attribute = format!(r#"{{"key":"service.name","value":{value}}}"#);
        let text = request("").replace(
            r#"{"scopeSpans""#,
            &format!(r#"{{"resource":{{"attributes":[{attribute}]}},"scopeSpans""#),
        );
        read(&text).groups[0].resource.service_name.to_string()
    };
    assert_eq!(group(r#"{"stringValue":""}"#), "unknown_service");
    assert_eq!(group("{}"), "unknown_service");
    assert_eq!(group(r#"{"stringValue":"shop"}"#), "shop");
    // The form of Go's `encoding/json`.
    assert_eq!(group(r#"{"Value":{"StringValue":"shop"}}"#), "shop");
    assert_eq!(group(r#"{"Value":{"IntValue":7}}"#), "7");
}

#[test]
fn an_answer_that_is_not_whole_says_so() {
    let tempo = |rest: &str| read(&format!(r#"{{"trace":{}{rest}}}"#, request(""))).partial;
    assert_eq!(tempo(""), None);
    assert_eq!(tempo(r#","status":"COMPLETE","message":"fine""#), None);
    assert_eq!(
        tempo(r#","status":"PARTIAL","message":"too\nlarge""#).unwrap(),
        "too\\nlarge"
    );
    assert_eq!(
        tempo(r#","status":"PARTIAL""#).unwrap(),
        "no reason is given"
    );
    let answer = jaeger("", "");
    let with = |errors: &str| {
        let text = answer.strip_suffix('}').unwrap();
        read(&format!(r#"{text},"errors":{errors}}}"#)).partial
    };
    assert_eq!(with("null"), None);
    assert_eq!(with("[]"), None);
    let said = with(r#"[{"code":500,"msg":"too many"},{"code":1}]"#);
    assert_eq!(said.unwrap(), "500 too many, and 1 more");
    let text = format!(r#"{{"trace":{},"status":"PARTIAL"}}"#, request(""));
    let totals = decode::requests(text.as_bytes()).feed(&()).unwrap();
    assert_eq!((totals.spans, totals.partial.len()), (1, 1));
}

#[test]
fn numbers_keep_their_digits() {
    let start = |number: &str| span(&request(&format!(r#","startTimeUnixNano":{number}"#))).start;
    for number in [
        "1700000000000000001e0",
        "17000000000000000010e-1",
        "1700000000000000001.0",
        "1700000000000000001",
    ] {
        assert_eq!(
            start(number).as_unix_nanos(),
            1_700_000_000_000_000_001,
            "{number}"
        );
    }
    let value = |text: &str| span(&tagged("k", "int64", text)).tag("k").unwrap().clone();
    assert_eq!(
        value("1700000000000000001e0"),
        1_700_000_000_000_000_001_i64.into()
    );
    let text = span(&zipkin(r#""k":170000000000000000100000"#));
    assert_eq!(
        text.tag("k").unwrap().as_str(),
        Some("170000000000000000100000")
    );
}

#[test]
fn tags_of_a_status_stay_where_it_does_not_show_them() {
    let check = |input: &str, unknown: u64, status: Status, tags: &[&str]| {
        let mut request = read(input);
        assert_eq!(request.unknown_enums, unknown, "{input}");
        let span = request.groups.remove(0).spans.remove(0);
        let keys: Vec<_> = span.tags.iter().map(|tag| &*tag.key).collect();
        assert_eq!((span.status, &*keys), (status, tags), "{input}");
    };
    let (code, text) = ("otel.status_code", "otel.status_description");
    let error = |message: &str| Status::Error(message.to_owned().into());
    let pairs = |pairs: &[(&str, &str)]| {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(key, value)| format!(r#""{key}":"{value}""#))
            .collect();
        zipkin(&pairs.join(","))
    };
    check(&pairs(&[(text, "x")]), 0, Status::Unset, &[text]);
    check(&pairs(&[(code, "OK"), (text, "x")]), 0, Status::Ok, &[text]);
    check(&pairs(&[(code, "ERROR"), (text, "x")]), 0, error("x"), &[]);
    check(&pairs(&[(code, "odd")]), 1, Status::Unset, &[code]);
    check(
        &pairs(&[("error", "boom"), (text, "x")]),
        0,
        error("x"),
        &["error"],
    );
    check(&pairs(&[("error", "True")]), 0, error(""), &[]);
    check(&pairs(&[("error", "FALSE")]), 0, Status::Unset, &[]);
    check(&tagged("error", "int64", "0"), 0, Status::Unset, &[]);
    check(&tagged("error", "int64", "1"), 0, error(""), &[]);
    check(&tagged("error", "string", "\"True\""), 0, error(""), &[]);
    check(
        &tagged("span.kind", "string", "\"worker\""),
        1,
        Status::Unset,
        &["span.kind"],
    );
}

#[test]
fn what_both_formats_have_is_read_alike() {
    let zipkin = span(&zipkin(r#""w3c.tracestate":"congo=1""#));
    assert_eq!(zipkin.tracestate.get("congo"), Some("1"));
    assert!(zipkin.tags.is_empty());
    for ref_type in [
        r#""refType":"child_of","#,
        "",
        r#""refType":"CHILD_OF","#,
        r#""refType":null,"#,
    ] {
        let references = format!(r#","references":[{{{ref_type}"traceID":"1","spanID":"7"}}]"#);
        let span = span(&jaeger(&references, ""));
        assert!(
            span.parent_span_id.is_some() && span.links.is_empty(),
            "{ref_type}"
        );
    }
}

#[test]
fn a_scope_is_named_once() {
    let attributes = r#","attributes":[{"key":"otel.scope.name","value":{"stringValue":"own"}},{"key":"otel.scope.version","value":{"stringValue":"7"}}]"#;
    let text = request(attributes).replace(
        r#"[{"spans""#,
        r#"[{"scope":{"name":"tower","version":"1"},"spans""#,
    );
    let span = span(&text);
    let tags: Vec<_> = span
        .tags
        .iter()
        .map(|tag| format!("{}={}", tag.key, tag.value))
        .collect();
    assert_eq!(tags, ["otel.scope.name=tower", "otel.scope.version=1"]);
}
