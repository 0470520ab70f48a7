//! Bodies of answers that are huge, broken, incomplete or slow, and large bodies of requests.

use trace_otlp::{Compression, OtlpStats};

use super::server::{Server, Step, header, ok, status, with_headers};
use super::spans::{SHORT, collect, settle, spans_of, spans_seen, to};

#[track_caller]
fn sent(step: Step) -> (OtlpStats, Server) {
    let server = Server::new([step]);
    let collector = to(&server).timeout(SHORT * 4).build().unwrap();
    collect(&collector, 3);
    let stats = settle(&collector);
    // The rest of the answer does not confuse the next request.
    collect(&collector, 2);
    let after = settle(&collector);
    assert_eq!(after.spans_exported, stats.spans_exported + 2, "{after:?}");
    (stats, server)
}

fn head(status: u16, headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} Said\r\n{headers}\r\n").into_bytes()
}

fn joined(mut head: Vec<u8>, body: &[u8]) -> Vec<u8> {
    head.extend_from_slice(body);
    head
}

#[test]
fn a_success_counts_whatever_becomes_of_its_body() {
    let huge = vec![b'x'; 1 << 20];
    for step in [
        Step::Answer(with_headers(200, "", &huge)),
        Step::AnswerAndClose(joined(head(200, "content-length: 100\r\n"), b"half")),
        Step::AnswerAndHang(joined(head(200, "content-length: 100\r\n"), b"half")),
        Step::AnswerAndClose(joined(
            head(200, "transfer-encoding: chunked\r\n"),
            b"5\r\nha",
        )),
        Step::AnswerAndHang(joined(
            head(200, "transfer-encoding: chunked\r\n"),
            b"5\r\nha",
        )),
        Step::AnswerAndClose(joined(
            head(200, "transfer-encoding: chunked\r\n"),
            b"no size\r\n",
        )),
        // The body ends with the connection.
        Step::AnswerAndClose(joined(head(200, ""), b"")),
        Step::AnswerAndClose(joined(head(200, ""), &huge)),
    ] {
        let shown = format!("{step:?}").chars().take(80).collect::<String>();
        let (stats, server) = sent(step);
        assert_eq!((stats.spans_exported, stats.requests), (3, 1), "{shown}");
        assert_eq!(spans_seen(&server), 5);
    }
}

#[test]
fn a_failure_is_what_its_status_says_whatever_becomes_of_its_body() {
    let huge = vec![b'x'; 1 << 20];
    for (code, lost) in [(503, 0), (400, 3)] {
        for step in [
            Step::Answer(with_headers(code, "", &huge)),
            Step::AnswerAndClose(joined(head(code, "content-length: 100\r\n"), b"half")),
            Step::AnswerAndHang(joined(head(code, "content-length: 100\r\n"), b"half")),
        ] {
            let (stats, _server) = sent(step);
            assert_eq!(stats.spans_lost.refused, lost, "{code}");
            assert_eq!(stats.spans_exported, 3 - lost, "{code}");
        }
    }
}

#[test]
fn chunked_answers_are_read() {
    let chunks =
        b"1\r\n\x0a\r\n5;x=y\r\n\x06\x08\x02\x12\x02\r\n2\r\nno\r\n0\r\ntrailer: x\r\n\r\n";
    let (stats, server) = sent(Step::Answer(joined(
        head(200, "transfer-encoding: chunked\r\n"),
        chunks,
    )));
    assert_eq!((stats.spans_exported, stats.spans_rejected), (1, 2));
    assert_eq!(server.connections(), 1, "the connection is kept");
}

#[test]
fn what_is_no_answer_of_http_is_a_failure() {
    for garbage in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 99999 Said\r\n\r\n",
        b"HTTP/1.1 200 Said\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 Said\r\ncontent-length: many\r\n\r\n",
        b"HTTP/1.1 200",
        b"",
    ] {
        let (stats, _server) = sent(Step::AnswerAndClose(garbage.to_vec()));
        assert_eq!(stats.spans_exported, 3, "{garbage:?}");
        assert_eq!(stats.failed_requests, 1, "{garbage:?}");
    }
    let endless = format!("x: {}\r\n", "y".repeat(200_000));
    let (stats, _server) = sent(Step::AnswerAndClose(head(200, &endless)));
    assert_eq!((stats.spans_exported, stats.failed_requests), (3, 1));
    let many = "x: y\r\n".repeat(500);
    let (stats, _server) = sent(Step::AnswerAndClose(head(200, &many)));
    assert_eq!((stats.spans_exported, stats.failed_requests), (3, 1));
}

#[test]
fn a_slow_answer_is_an_answer() {
    let (stats, _server) = sent(Step::Slowly(with_headers(200, "", b"\x0a\x02\x08\x01")));
    assert_eq!((stats.spans_exported, stats.spans_rejected), (2, 1));
}

#[test]
fn an_answer_before_the_body_is_an_answer() {
    let (stats, _server) = sent(Step::Early(status(400)));
    assert_eq!(stats.spans_lost.refused, 3);
}

#[test]
fn a_request_that_is_too_large_is_sent_in_halves() {
    let server = Server::new(vec![Step::Answer(status(413)); 2]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 4000);
    let stats = settle(&collector);
    assert_eq!(stats.spans_exported, 4000);
    let sizes: Vec<u64> = server.seen().iter().map(spans_of).collect();
    assert_eq!(sizes[..3], [4000, 2000, 1000]);
    assert_eq!(sizes[2..].iter().sum::<u64>(), 4000);

    // The server does not get as large a request again.
    let before = server.seen().len();
    collect(&collector, 4000);
    assert_eq!(settle(&collector).spans_exported, 8000);
    assert!(
        server.seen()[before..]
            .iter()
            .all(|seen| spans_of(seen) <= 1000)
    );
}

#[test]
fn requests_of_several_parts_are_halved_too() {
    let server = Server::new([Step::Answer(status(503)), Step::Answer(status(413))]);
    let delay = std::time::Duration::from_millis(300);
    let collector = to(&server).retry_delays(delay, delay).build().unwrap();
    for _ in 0..8 {
        collect(&collector, 300);
    }
    assert_eq!(settle(&collector).spans_exported, 2400);
    let sizes: Vec<u64> = server.seen().iter().map(spans_of).collect();
    assert_eq!(sizes[..2], [300, 2400]);
    assert!(sizes[2..].iter().all(|size| *size <= 1200), "{sizes:?}");
}

#[test]
fn a_span_that_is_too_large_alone_is_lost_alone() {
    let server = Server::new([]).forever(Step::Answer(status(413)));
    let collector = to(&server).build().unwrap();
    collect(&collector, 16);
    let stats = settle(&collector);
    assert_eq!(stats.spans_lost.too_large, 16);
    assert!(stats.requests <= 40, "{stats:?}");
}

#[test]
fn requests_are_bounded_by_spans_and_by_bytes() {
    let server = Server::new([]);
    let collector = to(&server).max_request_spans(10).build().unwrap();
    collect(&collector, 35);
    settle(&collector);
    let sizes: Vec<u64> = server.seen().iter().map(spans_of).collect();
    assert_eq!(sizes, [10, 10, 10, 5]);

    let server = Server::new([]);
    let collector = to(&server).max_request_bytes(2000).build().unwrap();
    collect(&collector, 500);
    settle(&collector);
    assert_eq!(spans_seen(&server), 500);
    assert!(server.seen().iter().all(|seen| seen.body.len() <= 2000));
    assert!(server.seen().len() > 1);
}

#[test]
fn bodies_are_compressed_if_asked_for() {
    let mut plain = 0;
    for (compression, name) in [
        (Compression::None, None),
        (Compression::Gzip, Some("gzip")),
        (Compression::Zstd, Some("zstd")),
    ] {
        let server = Server::new([Step::Answer(status(503)), Step::Answer(ok())]);
        let collector = to(&server).compression(compression).build().unwrap();
        collect(&collector, 1000);
        assert_eq!(settle(&collector).spans_exported, 1000);
        let seen = server.seen();
        assert_eq!(seen.len(), 2);
        for seen in seen {
            assert_eq!(header(&seen.head, "content-encoding"), name);
            assert_eq!(spans_of(&seen), 1000);
            match name {
                None => plain = seen.body.len(),
                Some(_) => assert!(seen.body.len() < plain / 2, "{}", seen.body.len()),
            }
        }
    }
}
