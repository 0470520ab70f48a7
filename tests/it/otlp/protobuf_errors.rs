//! Tests of what is not read of protobuf: errors that name the field, and limits.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::Link;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;
use trace_core::SpanBatch;
use trace_otlp::decode::{self, ProtobufOptions};
use trace_otlp::to_protobuf;

use super::generator::Generator;

fn request(spans: Vec<Span>) -> Vec<u8> {
    let scope = ScopeSpans {
        spans,
        ..ScopeSpans::default()
    };
    let group = ResourceSpans {
        scope_spans: vec![ScopeSpans::default(), scope],
        ..ResourceSpans::default()
    };
    let request = ExportTraceServiceRequest {
        resource_spans: vec![group],
    };
    request.encode_to_vec()
}

fn span() -> Span {
    Span {
        trace_id: vec![1; 16],
        span_id: vec![1; 8],
        ..Span::default()
    }
}

fn error(body: &[u8], options: &ProtobufOptions) -> String {
    let error = decode::protobuf(body, options).unwrap_err();
    assert_eq!((error.line(), error.column()), (0, 0));
    error.to_string()
}

fn refused(span: Span) -> String {
    let body = request(vec![self::span(), span]);
    error(&body, &ProtobufOptions::default())
}

fn nested(depth: usize) -> AnyValue {
    let mut value = AnyValue::default();
    for _ in 0..depth {
        let values = vec![value];
        let array = Value::ArrayValue(ArrayValue { values });
        value = AnyValue { value: Some(array) };
    }
    value
}

fn with_value(value: AnyValue) -> Span {
    let attribute = KeyValue {
        key: "key".to_owned(),
        value: Some(value),
        ..KeyValue::default()
    };
    Span {
        attributes: vec![attribute],
        ..span()
    }
}

#[test]
fn an_id_of_a_wrong_length_is_named() {
    let place = "resource_spans[0].scope_spans[1].spans[1]";
    let mut wrong = span();
    wrong.trace_id = vec![1, 2, 3];
    let message = format!("`{place}.trace_id` has 3 bytes; expected 16, not all zero");
    assert_eq!(refused(wrong), message);

    let mut wrong = span();
    wrong.span_id = vec![0; 8];
    let message = format!("`{place}.span_id` has 8 bytes; expected 8, not all zero");
    assert_eq!(refused(wrong), message);

    let mut wrong = span();
    wrong.parent_span_id = vec![1; 16];
    let message = format!("`{place}.parent_span_id` has 16 bytes; expected 8 or none");
    assert_eq!(refused(wrong), message);

    let mut wrong = span();
    let link = Link {
        span_id: vec![1],
        ..Link::default()
    };
    wrong.links = vec![Link::default(), link];
    let message = format!("`{place}.links[1].span_id` has 1 bytes; expected 8 or none");
    assert_eq!(refused(wrong), message);
}

#[test]
fn with_lenient_reading_only_the_span_is_left_out() {
    let body = request(vec![span(), Span::default(), span()]);
    let options = ProtobufOptions {
        lenient: true,
        ..ProtobufOptions::default()
    };
    let request = decode::protobuf(&body, &options).unwrap();
    assert_eq!((request.len(), request.left_out), (2, 1));
    assert_eq!(
        request.problems[0].path(),
        "resource_spans[0].scope_spans[1].spans[1].trace_id"
    );
}

#[test]
fn a_kind_or_status_that_is_unknown_is_not_specified_and_counted() {
    let mut odd = span();
    odd.kind = 9;
    odd.status = Some(Status {
        code: 7,
        message: "odd".to_owned(),
    });
    let request = decode::protobuf(&request(vec![odd]), &ProtobufOptions::default()).unwrap();
    assert_eq!(request.unknown_enums, 2);
    let span = &request.groups[0].spans[0];
    assert_eq!(span.status, trace_core::Status::Unset);
}

#[test]
fn bytes_that_are_no_protobuf_are_named() {
    let options = ProtobufOptions::default();
    let check = |body: &[u8], expected: &str| assert_eq!(error(body, &options), expected);
    check(
        &[0x0a, 5, 1],
        "`resource_spans[0]` is cut off: 1 bytes are left; expected 5",
    );
    check(
        &[0x08, 1],
        "`resource_spans[0]` is a varint; expected bytes with a length",
    );
    check(&[0x80], "the request is cut off within a number");
    check(
        &[0x0a, 4, 0x1a, 2, b'a', 0xff],
        "`resource_spans[0].schema_url` is not UTF-8 at byte 1; expected a text",
    );
    check(
        b"{\"resourceSpans\":[]}",
        "`field 15` is a group or of a form that does not exist; expected another field",
    );
    let id = [0x0a, 6, 0x12, 4, 0x12, 2, 0x0d, 1];
    check(
        &id,
        "`resource_spans[0].scope_spans[0].spans[0].trace_id` is a number of 4 bytes; \
         expected bytes with a length",
    );
}

#[test]
fn what_is_above_a_limit_is_refused_before_it_is_read() {
    let body = request(vec![span(), span(), span()]);
    let limited = |change: fn(&mut ProtobufOptions)| {
        let mut options = ProtobufOptions::default();
        change(&mut options);
        error(&body, &options)
    };
    assert_eq!(
        limited(|options| options.max_spans = 2),
        "`resource_spans[0].scope_spans[1].spans[2]` is one of more than 2 spans; \
         expected at most 2"
    );
    assert_eq!(
        limited(|options| options.max_items = 2),
        "`resource_spans[0].scope_spans[1]` is one of more than 2 items of lists; \
         expected at most 2"
    );
    let message = limited(|options| options.max_request_bytes = 10);
    let expected = format!("the request has {} bytes; expected at most 10", body.len());
    assert_eq!(message, expected);
}

#[test]
fn values_are_read_down_to_the_limit_of_depth() {
    let mut options = ProtobufOptions {
        max_depth: 9,
        ..ProtobufOptions::default()
    };
    let body = |depth| request(vec![with_value(nested(depth))]);
    let request = decode::protobuf(&body(2), &options).unwrap();
    let value = request.groups[0].spans[0].tag("key").unwrap();
    assert_eq!(value.to_string(), "[\"[null]\"]");
    let message = error(&body(3), &options);
    let expected = "array_value.values[0].array_value` is message 10 within others; \
                    expected at most 9";
    assert!(message.ends_with(expected), "{message}");
    // However much is allowed, the stack is not exhausted.
    options.max_depth = usize::MAX;
    let message = error(&body(200), &options);
    assert!(message.ends_with("within others; expected at most 90"));
    assert!(decode::protobuf(&body(42), &options).is_ok());
}

#[test]
fn a_body_that_is_cut_off_or_changed_anywhere_is_survived() {
    let options = ProtobufOptions::default();
    for seed in 0..20 {
        let mut generator = Generator::new(seed);
        let (resource, record) = (generator.resource(), generator.record());
        let body = to_protobuf(&SpanBatch::from_records(&resource, &[record]));
        for end in 0..body.len() {
            let result = decode::protobuf(&body[..end], &options);
            assert!(end == 0 || result.is_err(), "seed {seed}, {end} bytes");
            for value in [0, 0x7f, 0xff] {
                let mut changed = body.clone();
                changed[end] = value;
                drop(decode::protobuf(&changed, &options));
            }
        }
    }
}

#[test]
fn a_body_that_the_peer_reads_is_read() {
    // What is checked first must not be more than what prost asks for.
    let options = ProtobufOptions::default();
    for seed in 0..50 {
        let mut generator = Generator::new(seed);
        let (resource, record) = (generator.resource(), generator.record());
        let body = to_protobuf(&SpanBatch::from_records(&resource, &[record]));
        for _ in 0..200 {
            let mut changed = body.clone();
            let place = generator.below(changed.len());
            changed[place] = u8::try_from(generator.below(256)).unwrap();
            let peer = ExportTraceServiceRequest::decode(&changed[..]);
            if let Err(error) = decode::protobuf(&changed, &options) {
                let text = error.to_string();
                let by_us = [
                    "not all zero",
                    "or none",
                    "is a group",
                    "a number that no field",
                ];
                let is_ours = by_us.iter().any(|words| text.contains(words));
                assert!(peer.is_err() || is_ours, "seed {seed}, {place}: {text}");
            }
        }
    }
}
