//! Tests what happens to the spans after each kind of answer.

use trace_otlp::OtlpStats;

use super::server::{Server, Step, ok, status, with_headers};
use super::spans::{collect, settle, spans_seen, to};

/// Sends three spans to a server that first gives this answer. Returns the statistics.
#[track_caller]
fn sent(first: Vec<u8>) -> (OtlpStats, Server) {
    let server = Server::new([Step::Answer(first)]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 3);
    (settle(&collector), server)
}

#[track_caller]
fn is_taken(answer: Vec<u8>) {
    let shown = String::from_utf8_lossy(&answer).into_owned();
    let (stats, server) = sent(answer);
    assert_eq!((stats.spans_exported, stats.requests), (3, 1), "{shown}");
    assert_eq!(spans_seen(&server), 3);
}

#[track_caller]
fn is_sent_again(answer: Vec<u8>) {
    let shown = String::from_utf8_lossy(&answer).into_owned();
    let (stats, server) = sent(answer);
    assert_eq!((stats.spans_exported, stats.requests), (3, 2), "{shown}");
    assert_eq!(stats.failed_requests, 1);
    assert_eq!(spans_seen(&server), 6);
}

#[track_caller]
fn is_refused(answer: Vec<u8>) {
    let shown = String::from_utf8_lossy(&answer).into_owned();
    let (stats, _server) = sent(answer);
    assert_eq!(
        (stats.spans_lost.refused, stats.requests),
        (3, 1),
        "{shown}"
    );
    assert_eq!(stats.spans_lost.total(), 3);
}

#[test]
fn each_status_has_its_outcome() {
    for code in [200, 201, 202, 206, 299] {
        is_taken(status(code));
    }
    for code in [429, 502, 503, 504] {
        is_sent_again(status(code));
    }
    for code in [
        300, 301, 302, 303, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 411,
        412, 414, 415, 422, 425, 426, 431, 451, 499, 500, 501, 505, 507, 508, 511, 520, 599,
    ] {
        is_refused(status(code));
    }
}

#[test]
fn statuses_without_a_body_are_whole() {
    is_taken(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec());
    is_taken(b"HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n".to_vec());
    is_refused(b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec());
}

#[test]
fn retry_after_is_read_whatever_it_is() {
    for value in [
        "0",
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "soon",
        "-7",
        "",
        "\u{fc}",
    ] {
        for code in [429, 503] {
            is_sent_again(with_headers(
                code,
                &format!("retry-after: {value}\r\n"),
                b"",
            ));
        }
        // `Retry-After` changes nothing if nothing is sent again.
        is_refused(with_headers(500, &format!("retry-after: {value}\r\n"), b""));
    }
}

#[test]
fn a_long_retry_after_is_kept_and_a_flush_does_not_wait_for_it() {
    use trace_core::Collector;

    for value in [
        "3600",
        "Fri, 31 Dec 2100 23:59:59 GMT",
        "99999999999999999999",
    ] {
        let answer = with_headers(503, &format!("retry-after: {value}\r\n"), b"");
        let server = Server::new([Step::Answer(answer)]);
        let collector = to(&server).build().unwrap();
        collect(&collector, 3);
        // Far longer than the collector's own longest delay.
        let wait = collector.on_idle().unwrap();
        assert!(wait.as_secs() > 200, "{value}: {wait:?}");
        collect(&collector, 2);
        assert_eq!(server.seen().len(), 1, "nothing is sent meanwhile");
        collector.flush(super::spans::LONG).unwrap();
        assert_eq!(settle(&collector).spans_exported, 5);
    }
}

#[test]
fn redirects_are_not_followed() {
    let elsewhere = Server::new([]);
    for code in [301, 302, 303, 307, 308] {
        let location = format!("location: {}/v1/traces\r\n", elsewhere.url());
        is_refused(with_headers(code, &location, b"moved"));
        is_refused(with_headers(code, "location: /elsewhere\r\n", b""));
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn interim_answers_are_skipped() {
    for interim in ["100 Continue", "102 Processing", "103 Early Hints"] {
        let mut answer = format!("HTTP/1.1 {interim}\r\n\r\n").into_bytes();
        answer.extend(ok());
        is_taken(answer);
    }
    let mut answer = b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n".to_vec();
    answer.extend(status(503));
    is_sent_again(answer);
}

#[test]
fn a_partial_success_is_counted_and_not_sent_again() {
    // `rejected_spans` 2, `error_message` "no".
    let body = b"\x0a\x06\x08\x02\x12\x02no";
    let (stats, _server) = sent(with_headers(200, "", body));
    let counts = (stats.spans_exported, stats.spans_rejected, stats.requests);
    assert_eq!(counts, (1, 2, 1));

    // More spans than were sent.
    let (stats, _server) = sent(with_headers(200, "", b"\x0a\x02\x08\x7f"));
    assert_eq!((stats.spans_exported, stats.spans_rejected), (0, 3));

    // A warning alone rejects nothing; neither does a negative number.
    is_taken(with_headers(200, "", b"\x0a\x04\x12\x02no"));
    let negative = b"\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
    is_taken(with_headers(200, "", negative));
}

#[test]
fn a_success_whose_body_is_none_of_otlp_is_a_success() {
    is_taken(with_headers(200, "content-type: text/html\r\n", b"<html>"));
    is_taken(with_headers(200, "", b"{}"));
    is_taken(with_headers(200, "", &[0xff; 3000]));
}

#[test]
fn the_reason_of_a_server_is_told() {
    let status = b"\x08\x03\x12\x0funknown\napi key\x1a\x02\x0a\0";
    let json = br#"{"code":3,"message":"unknown\napi key"}"#;
    let long = "x".repeat(1000);
    for (kind, body, expected) in [
        ("application/x-protobuf", &status[..], ": unknown\\napi key"),
        (
            "application/json; charset=utf-8",
            json,
            ": unknown\\napi key",
        ),
        ("text/plain", b"unknown\napi key\n", ": unknown\\napi key"),
        ("text/plain", long.as_bytes(), "x\u{2026}"),
        ("text/html", b"<html>", "(Bad Request)"),
        ("application/x-protobuf", b"<html>", "(Bad Request)"),
        ("application/json", b"{", "(Bad Request)"),
    ] {
        let server = Server::new([Step::Answer(with_headers(
            400,
            &format!("content-type: {kind}\r\n"),
            body,
        ))]);
        let collector = to(&server).build().unwrap();
        collect(&collector, 1);
        let error = collector.health().last_error.unwrap();
        assert!(error.ends_with(expected), "{kind}: {error}");
        assert!(error.len() < 400, "{error}");
    }
}

#[test]
fn the_reason_of_a_server_gives_no_secret_away() {
    let said = b"no s3cret-key at /v1/traces?key=s3cret-query";
    let server = Server::new([Step::Answer(with_headers(
        403,
        "content-type: text/plain\r\n",
        said,
    ))]);
    let collector = super::spans::to_url(&format!("{}?key=s3cret-query", server.url()))
        .header("x-key", "s3cret-key")
        .build()
        .unwrap();
    collect(&collector, 1);
    let error = collector.health().last_error.unwrap();
    assert!(
        error.ends_with(": no [redacted] at /v1/traces?key=[redacted]"),
        "{error}"
    );
}

#[test]
fn an_answer_in_json_is_read_whatever_the_request_was() {
    let json = |body: &[u8]| with_headers(200, "content-type: application/json\r\n", body);
    let server = Server::new([
        Step::Answer(json(b"{\"partialSuccess\":{}}")),
        Step::Answer(json(b"{\"partialSuccess\":{\"rejectedSpans\":\"2\"}}")),
    ]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 3);
    assert_eq!(collector.health().last_error, None);
    collect(&collector, 3);
    let stats = settle(&collector);
    assert_eq!((stats.spans_exported, stats.spans_rejected), (4, 2));
}

#[test]
fn a_retry_after_is_bounded_by_the_age_of_spans() {
    use std::time::Duration;
    use trace_core::Collector;

    let answer = with_headers(503, "retry-after: 3600\r\n", b"");
    let server = Server::new([Step::Answer(answer)]);
    let longest = Duration::from_secs(100);
    let collector = to(&server).max_retry_age(longest).build().unwrap();
    collect(&collector, 3);
    let wait = collector.on_idle().unwrap();
    assert!(wait <= longest && wait > longest / 2, "{wait:?}");
}

#[test]
fn a_client_that_is_not_authorized_loses_its_spans_and_goes_on() {
    let server = Server::new([Step::Answer(status(401))]);
    let collector = to(&server).header("x-key", "wrong").build().unwrap();
    collect(&collector, 3);
    collect(&collector, 2);
    let stats = settle(&collector);
    assert_eq!((stats.spans_lost.refused, stats.spans_exported), (3, 2));
}
