//! What reads protobuf never panics, and reads what was written of what it read, in both forms
//! the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trace_otlp::decode::{self, ProtobufOptions};
use trace_otlp::{to_json, to_protobuf};

fuzz_target!(|input: &[u8]| {
    let strict = decode::protobuf(input, &ProtobufOptions::default());
    let lenient = ProtobufOptions {
        lenient: true,
        ..ProtobufOptions::default()
    };
    let Ok(request) = decode::protobuf(input, &lenient) else {
        assert!(strict.is_err());
        return;
    };
    assert_eq!(strict.is_ok(), request.left_out == 0);
    for group in &request.groups {
        let bytes = to_protobuf(&group.batch());
        let again = decode::protobuf(&bytes, &ProtobufOptions::default());
        let again = again.expect("what was written is read");
        let json = to_json(&group.batch());
        let from_json = decode::requests(json.as_bytes()).next();
        let from_json = from_json.expect("a request").expect("what was written is read");
        assert_eq!(again.len(), group.spans.len());
        // As text, because a number that is none is not equal to itself.
        assert_eq!(format!("{:?}", from_json.groups), format!("{:?}", again.groups));
    }
});
