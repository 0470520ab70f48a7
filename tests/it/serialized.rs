//! Tests that serde writes and reads records and their parts.

use expect_test::expect;
use serde_json::{from_str, to_string, to_string_pretty};
use trace_core::{
    DroppedItems, Link, Log, Outcome, Resource, SamplingStrategy, Source, SpanId, SpanKind,
    SpanRecord, Status, Tag, TagArray, TagValue, Timestamp, TraceContext, TraceFlags, TraceId,
};

fn context() -> TraceContext {
    TraceContext::new(TraceId::new(1).unwrap(), SpanId::new(2).unwrap())
}

fn record() -> SpanRecord {
    let context = context();
    let mut span = SpanRecord::new(context.trace_id, context.span_id, "charge");
    span.kind = SpanKind::Client;
    span.status = Status::Error("declined".into());
    span.outcome = Outcome::Cancelled;
    span.start = Timestamp::from_unix_nanos(1);
    span.tags = vec![
        Tag::new("flag", true),
        Tag::new("number", 1),
        Tag::new("share", 1.5),
        Tag::new("text", "a"),
        Tag::new("list", vec!["a", "b"]),
    ];
    span.logs = vec![Log {
        time: Timestamp::from_unix_nanos(2),
        message: "asked".into(),
        fields: vec![],
    }];
    span.links = vec![Link::from(&context)];
    span.source = Some(Source {
        file: "shop.rs".into(),
        line: 3,
    });
    span
}

#[test]
fn a_record_has_the_names_of_its_fields() {
    let span = record();
    let json = to_string(&span).unwrap();
    assert_eq!(from_str::<SpanRecord>(&json).unwrap(), span);
    expect![[r#"
        {
          "trace_id": "00000000000000000000000000000001",
          "span_id": "0000000000000002",
          "parent_span_id": null,
          "parent_is_remote": false,
          "context_sent": false,
          "flags": 1,
          "tracestate": "",
          "operation_name": "charge",
          "service_name": "unknown_service",
          "kind": "client",
          "start": 1,
          "end": 0,
          "tags": [
            {
              "key": "flag",
              "value": true
            },
            {
              "key": "number",
              "value": 1
            },
            {
              "key": "share",
              "value": 1.5
            },
            {
              "key": "text",
              "value": "a"
            },
            {
              "key": "list",
              "value": [
                "a",
                "b"
              ]
            }
          ],
          "logs": [
            {
              "time": 2,
              "message": "asked",
              "fields": []
            }
          ],
          "links": [
            {
              "trace_id": "00000000000000000000000000000001",
              "span_id": "0000000000000002",
              "flags": 1,
              "tracestate": "",
              "tags": []
            }
          ],
          "status": {
            "error": "declined"
          },
          "outcome": "cancelled",
          "source": {
            "file": "shop.rs",
            "line": 3
          },
          "dropped": {
            "tags": 0,
            "logs": 0,
            "links": 0
          }
        }"#]]
    .assert_eq(&to_string_pretty(&span).unwrap());
}

#[test]
fn what_a_record_does_not_say_has_its_default() {
    let short = r#"{
        "trace_id": "00000000000000000000000000000001",
        "span_id": "0000000000000002",
        "operation_name": "charge",
        "service_name": "unknown_service",
        "start": 0,
        "end": 0,
        "of a later version": [{}]
    }"#;
    let span: SpanRecord = from_str(short).unwrap();
    let mut expected = SpanRecord::new(span.trace_id, span.span_id, "charge");
    expected.flags = TraceFlags::NONE;
    assert_eq!(span, expected);
}

#[test]
fn contexts_and_resources_come_back() {
    let mut context = context();
    context.parent_span_id = SpanId::new(3);
    context.baggage.insert("tenant", "acme").unwrap();
    let json = to_string(&context).unwrap();
    assert_eq!(from_str::<TraceContext>(&json).unwrap(), context);

    let resource = Resource::new("shop");
    let json = to_string(&resource).unwrap();
    assert_eq!(json, r#"{"service_name":"shop","tags":[]}"#);
    assert_eq!(from_str::<Resource>(&json).unwrap(), resource);
}

#[test]
fn the_fields_may_be_a_list() {
    let dropped = DroppedItems {
        tags: 1,
        logs: 2,
        links: 3,
    };
    assert_eq!(from_str::<DroppedItems>("[1, 2, 3]").unwrap(), dropped);
    let link = r#"["00000000000000000000000000000001", "0000000000000002"]"#;
    let mut expected = Link::from(&context());
    expected.flags = TraceFlags::NONE;
    assert_eq!(from_str::<Link>(link).unwrap(), expected);
}

#[test]
fn a_value_is_what_it_looks_like() {
    let floats = |values: &[f64]| TagValue::from(values.to_vec());
    for (json, value) in [
        ("true", TagValue::from(true)),
        ("-1", TagValue::from(-1)),
        ("9223372036854775807", TagValue::from(i64::MAX)),
        (
            "9223372036854775808",
            TagValue::from(9223372036854775808_f64),
        ),
        ("1.5", TagValue::from(1.5)),
        (r#""\n""#, TagValue::from("\n")),
        ("[]", TagValue::Array(TagArray::Bool(vec![]))),
        ("[true,false]", TagValue::from(vec![true, false])),
        ("[1,2]", TagValue::from(vec![1, 2])),
        ("[1,2.5]", floats(&[1.0, 2.5])),
        (r#"["a","b"]"#, TagValue::from(vec!["a", "b"])),
    ] {
        assert_eq!(from_str::<TagValue>(json).unwrap(), value, "{json}");
    }
    for json in ["null", "{}", "[null]", "[[1]]", r#"[1,"a"]"#, "[true,1]"] {
        assert!(from_str::<TagValue>(json).is_err(), "{json}");
        assert!(from_str::<TagArray>(json).is_err(), "{json}");
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    let errors = [
        from_str::<Source>(r#"{"file": "shop.rs"}"#).map(drop),
        from_str::<Source>(r#"{"file": "a", "file": "b"}"#).map(drop),
        from_str::<Source>("3").map(drop),
        from_str::<Outcome>(r#""late""#).map(drop),
        from_str::<Status>(r#""error""#).map(drop),
        from_str::<SamplingStrategy>(r#"{"rate_limited": {}}"#).map(drop),
        from_str::<SamplingStrategy>(r#""some""#).map(drop),
        from_str::<TagValue>("{}").map(drop),
    ];
    let errors = errors.map(|read| read.unwrap_err().to_string());
    expect![[r#"
        missing field `line` at line 1 column 19
        duplicate field `file` at line 1 column 20
        invalid type: integer `3`, expected struct Source at line 1 column 1
        unknown variant `late`, expected one of `ok`, `error`, `panicked`, `cancelled` at line 1 column 6
        invalid type: unit variant, expected newtype variant
        missing field `per_second` at line 1 column 19
        unknown variant `some`, expected one of `always`, `never`, `probabilistic`, `rate_limited` at line 1 column 6
        invalid type: map, expected a bool, a number, a text or an array of one of them at line 1 column 2"#]].assert_eq(&errors.join("\n"));
}
