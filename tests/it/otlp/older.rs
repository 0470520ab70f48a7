//! Tests of reading spans of Zipkin and Jaeger.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use trace_core::{Resource, SpanBatch, SpanKind, Tag, Trace, TraceId, TreeOptions};
use trace_otlp::decode::{self, DecodeOptions, ResourceSpans};
use trace_otlp::to_json;

use super::generator::Generator;

fn read(input: &str) -> Vec<ResourceSpans> {
    let requests = decode::requests(input.as_bytes());
    requests
        .flat_map(|request| request.unwrap().groups)
        .collect()
}

fn check(input: &str, expected: Expect) {
    let mut text = String::new();
    for ResourceSpans {
        resource, spans, ..
    } in read(input)
    {
        let Resource { service_name, tags } = resource;
        writeln!(text, "{service_name}{}", shown(&tags)).unwrap();
        for span in spans {
            let parent = span.parent_span_id.map(|id| id.to_string());
            let parent = parent.unwrap_or_else(|| "-".to_owned());
            writeln!(text, "  {} {} {parent}", span.trace_id, span.span_id).unwrap();
            let (start, end) = (span.start.as_unix_nanos(), span.end.as_unix_nanos());
            let (name, kind) = (&span.operation_name, span.kind);
            writeln!(
                text,
                "    {name}, {kind}, {start}..{end}, {:?}",
                span.status
            )
            .unwrap();
            if !span.tags.is_empty() {
                writeln!(text, "   {}", shown(&span.tags)).unwrap();
            }
            for log in &span.logs {
                let time = log.time.as_unix_nanos();
                writeln!(text, "    at {time}: {}{}", log.message, shown(&log.fields)).unwrap();
            }
            for link in &span.links {
                let tags = shown(&link.tags);
                writeln!(text, "    link {} {}{tags}", link.trace_id, link.span_id).unwrap();
            }
        }
    }
    expected.assert_eq(&text);
}

fn shown(tags: &[Tag]) -> String {
    let tags = tags
        .iter()
        .map(|tag| format!(" {}={:?}", tag.key, tag.value));
    tags.collect()
}

const ZIPKIN: &str = r#"[
  {"traceId":"5af7183fb1d4cf5f","id":"1","kind":"CLIENT","name":"get /api",
   "timestamp":1000000,"duration":30,"localEndpoint":{"serviceName":"shop","ipv4":"10.0.0.1","port":8080},
   "remoteEndpoint":{"serviceName":"bank","ipv6":"::1"},
   "annotations":[{"timestamp":1000010,"value":"retry"}],
   "tags":{"http.path":"/api","error":"timeout","z":7,"a":true}},
  {"traceId":"5af7183fb1d4cf5f","id":"1","shared":true,"name":"get /api","parentId":null,
   "timestamp":1000005,"duration":20,"localEndpoint":{"serviceName":"bank"},"tags":{"error":"true"}},
  {"traceId":"5AF7183FB1D4CF5F","parentId":"1","id":"00000000000000a2","name":"debit","debug":true,
   "timestamp":"1000006","tags":{"error":"false","otel.status_code":"OK","peer.service":"db"},
   "remoteEndpoint":{"serviceName":"other"}},
  {"traceId":"0123456789abcdef0123456789abcdef","id":"a3","parentId":"a3","kind":"WORKER","duration":5}
]"#;

#[test]
fn spans_of_zipkin() {
    check(
        ZIPKIN,
        expect![[r#"
            shop
              00000000000000005af7183fb1d4cf5f 0000000000000001 -
                get /api, client, 1000000000..1000030000, Error("timeout")
                http.path=String("/api") z=String("7") a=String("true") peer.service=String("bank") network.local.address=String("10.0.0.1") network.local.port=I64(8080) network.peer.address=String("::1")
                at 1000010000: retry
            bank
              00000000000000005af7183fb1d4cf5f 0000000000000001 -
                get /api, server, 1000005000..1000025000, Error("")
            unknown_service
              00000000000000005af7183fb1d4cf5f 00000000000000a2 0000000000000001
                debit, internal, 1000006000..0, Ok
                peer.service=String("db")
            unknown_service
              0123456789abcdef0123456789abcdef 00000000000000a3 -
                , internal, 0..0, Unset
        "#]],
    );
    let requests: Vec<_> = decode::requests(ZIPKIN.as_bytes())
        .map(Result::unwrap)
        .collect();
    let unknown = requests.iter().map(|request| request.unknown_enums);
    assert_eq!(unknown.collect::<Vec<_>>(), [0, 0, 0, 1]);
    assert_eq!(requests[1].groups[0].spans[0].kind, SpanKind::Server);
    let answer = format!("[{ZIPKIN},[]]");
    assert_eq!(read(&answer).len(), 4);
}

#[test]
fn both_ends_of_a_call_of_zipkin_are_kept() {
    let spans = read(ZIPKIN).into_iter().flat_map(|group| group.spans);
    let id = TraceId::new(0x5af7_183f_b1d4_cf5f).unwrap();
    let spans = spans.filter(|span| span.trace_id == id);
    let trace = Trace::from_spans(id, spans).unwrap();
    let tree = trace.tree_with(TreeOptions {
        services: true,
        ..TreeOptions::compact()
    });
    expect![[r#"
        get /api (shop)                 error: timeout
        └─ get /api (bank)              error
           └─ debit (unknown_service)   end unknown
    "#]]
    .assert_eq(&tree.to_string());
}

const JAEGER: &str = r#"{"data":[{"traceID":"5af7183fb1d4cf5f",
  "spans":[
    {"traceID":"5af7183fb1d4cf5f","spanID":"a1","flags":1,"operationName":"checkout","references":[],
     "startTime":1000000,"duration":30,
     "tags":[{"key":"span.kind","type":"string","value":"server"},
             {"key":"error","type":"bool","value":true},
             {"key":"otel.status_description","type":"string","value":"declined"},
             {"key":"sampler.param","type":"float64","value":1},
             {"key":"big","type":"int64","value":"9007199254740993"},
             {"key":"bytes","type":"binary","value":"AAE="},
             {"key":"odd","type":"int64","value":"seven"},
             {"key":"bare","value":7},
             {"key":"w3c.tracestate","type":"string","value":"congo=1"}],
     "logs":[{"timestamp":1000010,"fields":[{"key":"event","type":"string","value":"asking"},{"key":"try","type":"int64","value":2}]},
             {"timestamp":1000011,"fields":[{"key":"message","type":"string","value":"plain"}]}],
     "processID":"p1","warnings":null},
    {"traceID":"5af7183fb1d4cf5f","spanID":"a2","operationName":"charge",
     "references":[{"refType":"FOLLOWS_FROM","traceID":"5af7183fb1d4cf5f","spanID":"a9"},
                   {"refType":"CHILD_OF","traceID":"1","spanID":"a8"},
                   {"refType":"CHILD_OF","traceID":"5af7183fb1d4cf5f","spanID":"a1"}],
     "startTime":1000005,"duration":20,"tags":[{"key":"span.kind","type":"string","value":"worker"}],"processID":"p2"},
    {"traceID":"5af7183fb1d4cf5f","spanID":"a3","operationName":"mail","startTime":1000006,
     "references":[{"refType":"FOLLOWS_FROM","traceID":"5af7183fb1d4cf5f","spanID":"a1"}],
     "tags":[{"key":"error","type":"bool","value":false},{"key":"otel.status_code","type":"string","value":"OK"}],"processID":"p1"},
    {"traceID":"5af7183fb1d4cf5f","spanID":"a4","parentSpanID":"a1","operationName":"","startTime":7,"duration":0}],
  "processes":{"p1":{"serviceName":"shop","tags":[{"key":"hostname","type":"string","value":"a"}]},
               "p2":{"serviceName":"bank"}},"warnings":null}],
 "total":0,"limit":0,"offset":0,"errors":null}"#;

#[test]
fn traces_of_jaeger() {
    check(
        JAEGER,
        expect![[r#"
            shop hostname=String("a")
              00000000000000005af7183fb1d4cf5f 00000000000000a1 -
                checkout, server, 1000000000..1000030000, Error("declined")
                sampler.param=F64(1.0) big=I64(9007199254740993) bytes=String("AAE=") odd=String("seven") bare=I64(7)
                at 1000010000: asking try=I64(2)
                at 1000011000: plain
              00000000000000005af7183fb1d4cf5f 00000000000000a3 00000000000000a1
                mail, internal, 1000006000..0, Ok
            bank
              00000000000000005af7183fb1d4cf5f 00000000000000a2 00000000000000a1
                charge, internal, 1000005000..1000025000, Unset
                span.kind=String("worker")
                link 00000000000000005af7183fb1d4cf5f 00000000000000a9 opentracing.ref_type=String("follows_from")
                link 00000000000000000000000000000001 00000000000000a8 opentracing.ref_type=String("child_of")
            unknown_service
              00000000000000005af7183fb1d4cf5f 00000000000000a4 00000000000000a1
                , internal, 7000..7000, Unset
        "#]],
    );
    let request = decode::requests(JAEGER.as_bytes()).next().unwrap().unwrap();
    assert_eq!(request.unknown_enums, 1);
    let state = &request.groups[0].spans[0].tracestate;
    assert_eq!(state.get("congo"), Some("1"));
    let trace = JAEGER
        .strip_prefix(r#"{"data":["#)
        .and_then(|rest| rest.split_once("],\n \"total\""));
    let (trace, _) = trace.unwrap();
    assert_eq!(read(trace), read(JAEGER));
}

#[test]
fn mistakes_are_named_and_can_be_left_out() {
    let problems = |input: &str| {
        let lenient = DecodeOptions {
            lenient: true,
            ..DecodeOptions::default()
        };
        let totals = decode::requests(input.as_bytes()).with_options(lenient);
        let totals = totals.feed(&()).unwrap();
        let mut text = format!("{} spans\n", totals.spans);
        for problem in totals.problems {
            writeln!(text, "{problem}").unwrap();
        }
        text
    };
    let zipkin = ZIPKIN.replace(r#""id":"1","kind""#, r#""id":"x","kind""#);
    let zipkin = zipkin.replace(
        r#""timestamp":"1000006""#,
        r#""timestamp":99999999999999999"#,
    );
    expect![[r#"
        2 spans
        line 2, column 40: `id` is `x`; expected 1 to 16 hex digits, not all zero
        line 10, column 32: `timestamp` is `99999999999999999`; expected microseconds: an integer from 0 to 2^64 / 1000
    "#]].assert_eq(&problems(&zipkin));
    let jaeger = JAEGER.replace(r#""spanID":"a2""#, r#""spanID":"00""#);
    let jaeger = jaeger.replace(r#""spanID":"a8""#, "\"spanID\":8");
    expect![[r#"
        3 spans
        line 17, column 47: `data[0].spans[1].spanID` is `00`; expected 1 to 16 hex digits, not all zero
    "#]].assert_eq(&problems(&jaeger));
    expect![[r#"
        0 spans
        line 1, column 24: `spans` is `7`; expected an array
    "#]]
    .assert_eq(&problems(r#"{"traceID":"1","spans":7}"#));
}

#[test]
fn what_was_read_is_the_same_once_it_is_written() {
    for group in [ZIPKIN, JAEGER].into_iter().flat_map(read) {
        let text = to_json(&SpanBatch::from_records(&group.resource, &group.spans));
        assert_eq!(read(&text), [group]);
    }
}

#[test]
fn damage_does_no_harm() {
    let mut generator = Generator::new(23);
    for input in [ZIPKIN, JAEGER] {
        for _ in 0..300 {
            let mut bytes = input.as_bytes().to_vec();
            for _ in 0..=generator.below(3) {
                let at = generator.below(bytes.len());
                let until = (at + generator.below(6)).min(bytes.len());
                let piece: &[u8] =
                    [&b"\""[..], b"{", b"]", b"null", b"-1", b"\\ud800", b""][generator.below(7)];
                drop(bytes.splice(at..until, piece.iter().copied()));
            }
            let strict: Result<Vec<_>, _> = decode::requests(&*bytes).collect();
            let lenient = DecodeOptions {
                lenient: true,
                ..DecodeOptions::default()
            };
            let requests = decode::requests(&*bytes).with_options(lenient);
            let requests: Vec<_> = requests.map(Result::unwrap).collect();
            let is_clean = requests.iter().all(|request| request.left_out == 0);
            assert_eq!(
                strict.is_ok(),
                is_clean,
                "{}",
                String::from_utf8_lossy(&bytes)
            );
            for group in requests.iter().flat_map(|request| &request.groups) {
                let text = to_json(&SpanBatch::from_records(&group.resource, &group.spans));
                let again = read(&text);
                let spans = again.iter().flat_map(|group| &group.spans);
                assert!(spans.eq(&group.spans), "{text}");
            }
        }
    }
}
