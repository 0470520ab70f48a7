//! OTLP over JSON: the form of requests and of answers.

use trace_otlp::{Protocol, decode};

use super::server::{Server, Step, header, status, with_headers};
use super::spans::{check, collect, settle, to};

fn answer(body: &str) -> Step {
    let headers = "content-type: application/json\r\n";
    Step::Answer(with_headers(200, headers, body.as_bytes()))
}

#[test]
fn requests_are_json() {
    let server = Server::new([Step::Answer(status(413))]);
    let collector = to(&server).protocol(Protocol::HttpJson).build().unwrap();
    collect(&collector, 40);
    assert_eq!(settle(&collector).spans_exported, 40);
    let seen = server.seen();
    let spans = |body: &[u8]| -> usize {
        let requests = decode::requests(body).map(Result::unwrap);
        let groups = requests.flat_map(|request| request.groups);
        groups.map(|group| group.spans.len()).sum()
    };
    assert_eq!(spans(&seen[0].body), 40);
    assert_eq!(
        seen[1..]
            .iter()
            .map(|seen| spans(&seen.body))
            .sum::<usize>(),
        40
    );
    assert!(seen.len() > 2);
    for seen in seen {
        assert_eq!(header(&seen.head, "content-type"), Some("application/json"));
        assert!(seen.head.starts_with("POST /v1/traces "), "{}", seen.head);
    }
}

#[test]
fn a_partial_success_is_read_in_the_form_of_the_request() {
    for (body, rejected) in [
        (
            r#"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"no"}}"#,
            2,
        ),
        (r#"{"partialSuccess":{"rejectedSpans":2}}"#, 2),
        (r#"{"partialSuccess":{"rejectedSpans":"-2"}}"#, 0),
        (r#"{"partialSuccess":{}}"#, 0),
        ("{}", 0),
        ("", 0),
        // Not OTLP, but a success nevertheless.
        ("<html>", 0),
        (r#"{"partialSuccess":{"rejectedSpans":"many"}}"#, 0),
        ("\n\u{6}\u{8}\u{2}", 0),
    ] {
        let server = Server::new([answer(body)]);
        let collector = to(&server).protocol(Protocol::HttpJson).build().unwrap();
        collect(&collector, 3);
        let stats = check(&collector);
        assert_eq!(stats.spans_rejected, rejected, "{body}");
        assert_eq!(stats.spans_exported, 3 - rejected, "{body}");
        assert_eq!(stats.requests, 1);
    }
}
