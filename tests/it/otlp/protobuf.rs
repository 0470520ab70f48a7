//! Tests that protobuf is written and read as JSON is.

use trace_core::{Resource, SpanBatch, SpanRecord};
use trace_otlp::decode::{self, DecodedRequest, ProtobufOptions};
use trace_otlp::{to_json, to_protobuf};

use super::generator::Generator;

fn read(body: &[u8]) -> DecodedRequest {
    decode::protobuf(body, &ProtobufOptions::default()).unwrap()
}

fn records(generator: &mut Generator) -> Vec<SpanRecord> {
    let count = generator.below(6);
    (0..count).map(|_| generator.record()).collect()
}

#[test]
fn protobuf_and_json_are_read_as_the_same_groups() {
    for seed in 0..500 {
        let mut generator = Generator::new(seed);
        let (resource, records) = (generator.resource(), records(&mut generator));
        let batch = SpanBatch::from_records(&resource, &records);
        let json = to_json(&batch);
        let from_json = decode::requests(json.as_bytes()).next().unwrap().unwrap();
        let from_protobuf = read(&to_protobuf(&batch));
        assert_eq!(
            from_protobuf.groups, from_json.groups,
            "seed {seed}: {json}"
        );
        assert_eq!(from_protobuf.len(), records.len(), "seed {seed}: {json}");
    }
}

#[test]
fn what_was_read_from_protobuf_is_written_the_same() {
    for seed in 0..200 {
        let mut generator = Generator::new(seed);
        let resource = generator.resource();
        let mut record = generator.record();
        record.service_name = resource.service_name.clone();
        let bytes = to_protobuf(&SpanBatch::from_records(&resource, &[record]));
        let group = &read(&bytes).groups[0];
        assert_eq!(to_protobuf(&group.batch()), bytes, "seed {seed}");
    }
}

#[test]
fn an_end_is_never_before_its_start_and_an_unknown_one_stays() {
    for (end, written) in [(3, 5), (5, 5), (9, 9), (0, 0)] {
        let mut record = Generator::new(1).record();
        record.start = trace_core::Timestamp::from_unix_nanos(5);
        record.end = trace_core::Timestamp::from_unix_nanos(end);
        let shop = Resource::new("shop");
        let batch = SpanBatch::from_records(&shop, std::slice::from_ref(&record));
        let json = to_json(&batch);
        let from_json = decode::requests(json.as_bytes()).next().unwrap().unwrap();
        for request in [from_json, read(&to_protobuf(&batch))] {
            let span = &request.groups[0].spans[0];
            assert_eq!(span.end.as_unix_nanos(), written, "{end}");
        }
    }
}

#[test]
fn an_empty_batch_is_a_request_without_groups() {
    let shop = Resource::new("shop");
    let body = to_protobuf(&SpanBatch::from_records(&shop, &[]));
    assert_eq!(body, b"");
    assert!(read(&body).groups.is_empty());
}
