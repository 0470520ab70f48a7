//! Tests what happens to the spans after each kind of answer.

use h2::Reason;
use trace_core::Collector;

use super::super::spans::{LONG, SHORT, check, collect, collect_large, settle};
use super::server::{Answer, End, Server, Step, code, http_status, ok, pairs, with_message};
use super::{is_refused, is_sent_again, is_taken, last_error, once_to, sent, to};

/// A `RetryInfo` with this number of seconds.
fn retry_info(seconds: u8) -> String {
    use std::fmt::Write;
    let mut status = b"\x08\x08\x1a\x30\x0a\x28type.googleapis.com/google.rpc.RetryInfo".to_vec();
    status.extend([0x12, 4, 0x0a, 2, 8, seconds]);
    // Encodes base64 by hand, because only this text needs it.
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in status.chunks(3) {
        let mut bits = 0_u32;
        for index in 0..3 {
            bits = bits << 8 | u32::from(three.get(index).copied().unwrap_or(0));
        }
        for index in 0..=three.len() {
            let digit = bits >> (18 - 6 * index) & 63;
            write!(text, "{}", digits[digit as usize] as char).unwrap();
        }
    }
    text
}

#[test]
fn each_code_has_its_outcome() {
    let info = retry_info(0);
    let details = [("grpc-status-details-bin", &*info)];
    for number in 1..=20 {
        for more in [&[][..], &details] {
            for answer in [code(number, more), code(number, more).in_the_head()] {
                let step = Step::Answer(answer);
                match number {
                    1 | 4 | 10 | 11 | 14 | 15 => is_sent_again(step),
                    // The server is only temporarily full if it sends a `RetryInfo`.
                    8 if !more.is_empty() => is_sent_again(step),
                    _ => is_refused(step),
                };
            }
        }
    }
    is_taken(Step::Answer(ok()));
    is_taken(Step::Answer(code(0, &[])));
    is_taken(Step::Answer(code(0, &[]).in_the_head()));
}

#[test]
fn a_code_is_named_with_what_the_server_says() {
    let answer = code(3, &[("grpc-message", "a%20bad%0Aspan %F0%9F%98%80")]);
    let url = |server: &Server| format!("{}{}", server.url(), super::server::METHOD);
    let (_, server, collector) = sent(Step::Answer(answer));
    assert_eq!(
        last_error(&collector),
        format!(
            "`{}` answers gRPC status 3 (INVALID_ARGUMENT): a bad\\nspan \u{1f600}",
            url(&server)
        )
    );
    assert_eq!(collector.health().endpoint, url(&server));
}

#[test]
fn what_a_server_says_gives_no_secret_away() {
    let said = "key%20s3cret-key%20and%20czNjcmV0OnVzZXI%3D";
    let server = Server::new([Step::Answer(code(3, &[("grpc-message", said)]))]);
    let url = server.url().replace("http://", "http://s3cret:user@");
    let collector = super::super::spans::to_url(&url)
        .protocol(trace_otlp::Protocol::Grpc)
        .header("x-key", "s3cret-key")
        .build()
        .unwrap();
    collect(&collector, 1);
    let error = last_error(&collector);
    assert!(error.ends_with("key [redacted] and [redacted]"), "{error}");
    assert!(!format!("{collector:?}").contains("s3cret"));
    let seen = server.seen().remove(0);
    assert_eq!(seen.headers["authorization"], "Basic czNjcmV0OnVzZXI=");
}

#[test]
fn a_long_retry_info_is_kept_and_a_flush_does_not_wait_for_it() {
    let info = retry_info(120);
    for number in [8, 14] {
        let answer = code(number, &[("grpc-status-details-bin", &info)]);
        let server = Server::new([Step::Answer(answer)]);
        let collector = to(&server).build().unwrap();
        collect(&collector, 3);
        let wait = collector.on_idle().unwrap();
        assert!(wait.as_secs() > 100, "{wait:?}");
        collector.flush(LONG).unwrap();
        assert_eq!(check(&collector).spans_exported, 3);
    }
}

#[test]
fn a_retry_after_of_what_is_not_grpc_is_kept() {
    let server = Server::new([Step::Answer(http_status(503, &[("retry-after", "120")]))]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 3);
    let wait = collector.on_idle().unwrap();
    assert!(wait.as_secs() > 100, "{wait:?}");
}

#[test]
fn what_is_not_grpc_counts_by_its_status() {
    for status in [429, 502, 503, 504] {
        is_sent_again(Step::Answer(http_status(status, &[])));
        is_sent_again(Step::Answer(http_status(status, &[("retry-after", "0")])));
    }
    for status in [200, 204, 301, 400, 401, 403, 404, 415, 500, 501] {
        is_refused(Step::Answer(http_status(status, &[])));
    }
    // A page of a server without gRPC is not a success.
    let page = Answer {
        data: Some(b"<html>".to_vec()),
        ..http_status(200, &[("content-type", "text/html")])
    };
    let error = is_refused(Step::Answer(page));
    assert!(
        error.ends_with("(UNKNOWN): the answer is not gRPC"),
        "{error}"
    );
    // If there is a gRPC status, the HTTP status does not count.
    let both = code(14, &[]).in_the_head();
    is_sent_again(Step::Answer(Answer {
        status: 400,
        ..both
    }));
}

#[test]
fn a_status_that_is_missing_or_none_is_unknown() {
    let without = |data: &[u8], trailers| Answer {
        data: Some(data.to_vec()),
        trailers,
        ..ok()
    };
    let error = is_refused(Step::Answer(without(b"", None)));
    assert!(error.ends_with("(UNKNOWN): no status"), "{error}");
    is_refused(Step::Answer(without(b"\0\0", None)));
    is_refused(Step::Answer(without(b"", Some(pairs(&[("x", "y")])))));
    for garbage in ["", "-1", "ok", "99999999999999999999"] {
        let trailers = pairs(&[("grpc-status", garbage)]);
        is_refused(Step::Answer(without(b"", Some(trailers))));
    }
    // A message comes only from a server that has the spans.
    let error = is_taken(Step::Answer(without(&[0; 5], None)));
    assert!(error.contains("breaks off"), "{error}");
}

#[test]
fn an_answer_that_ends_early_counts_by_its_message() {
    for end in [
        End::Close,
        End::Reset(Reason::INTERNAL_ERROR),
        End::Reset(Reason::CANCEL),
        End::Reset(Reason::NO_ERROR),
    ] {
        let cut = |data: &[u8]| {
            let answer = Answer {
                data: Some(data.to_vec()),
                trailers: None,
                ..ok()
            };
            Step::Answer(answer.with_end(end))
        };
        let error = is_taken(cut(&[0; 5]));
        assert!(error.contains("breaks off"), "{error}");
        is_sent_again(cut(b""));
        is_sent_again(cut(b"\0\0\0"));
        is_sent_again(cut(b"\0\0\0\0\x09abc"));
    }
}

#[test]
fn a_partial_success_is_counted_and_not_sent_again() {
    let message = b"\x0a\x06\x08\x02\x12\x02no";
    let (stats, _server, collector) = sent(Step::Answer(with_message(message)));
    let counts = (stats.spans_exported, stats.spans_rejected, stats.requests);
    assert_eq!(counts, (1, 2, 1));
    let error = last_error(&collector);
    assert!(error.ends_with("rejected 2 of 3 spans: no"), "{error}");
}

#[test]
fn the_largest_message_is_read() {
    // An `error_message` in `partial_success` that is larger than the first window of a
    // stream.
    let text = (64 << 10) - 8;
    let varint = |number: usize| {
        [
            number as u8 | 0x80,
            (number >> 7) as u8 | 0x80,
            (number >> 14) as u8,
        ]
    };
    let mut message = vec![0x0a];
    message.extend(varint(text + 4));
    message.push(0x12);
    message.extend(varint(text));
    message.resize(64 << 10, b'x');
    let error = is_taken(Step::Answer(with_message(&message)));
    assert!(error.contains("rejected 0 of 3 spans: xxx"), "{error}");
}

#[test]
fn a_message_that_cannot_be_read_is_a_success() {
    let with = |data: Vec<u8>| Answer {
        data: Some(data),
        ..ok()
    };
    for (data, expected) in [
        // Compressed without a request for it; two messages; too large; cut off; not OTLP.
        (b"\x01\0\0\0\x02ab".to_vec(), "is not one of OTLP"),
        (vec![0; 10], "is not one of OTLP"),
        (b"\0\0\x10\0\0abc".to_vec(), "is too large"),
        (vec![0xff; 100], "is too large"),
        (b"\0\0\0\0\x09ab".to_vec(), "breaks off"),
        (b"\0\0\0\0\x02\xff\xff".to_vec(), "is not one of OTLP"),
    ] {
        let error = is_taken(Step::Answer(with(data)));
        assert!(error.contains(expected), "{error}");
    }
    let mut endless = b"\0\0\x10\0\0".to_vec();
    endless.resize(1 << 20, 0);
    let error = is_taken(Step::Answer(with(endless)));
    assert!(error.contains("is too large"), "{error}");
}

#[test]
fn a_message_that_is_too_large_for_a_server_is_halved() {
    for (number, text) in [
        (8, "grpc: received message larger than max (9 vs. 4)"),
        (11, "Error, decoded message length too large: found 9 bytes"),
    ] {
        let too_large = || Step::Answer(code(number, &[("grpc-message", text)]));
        let server = Server::new([too_large(), too_large()]);
        let collector = to(&server).build().unwrap();
        collect(&collector, 80);
        let stats = settle(&collector);
        assert_eq!(stats.spans_exported, 80);
        assert!(server.seen().len() >= 4, "{stats:?}");
        // A single span that is too large is lost.
        let server = Server::forever(too_large());
        let collector = to(&server).build().unwrap();
        collect(&collector, 2);
        assert_eq!(settle(&collector).spans_lost.too_large, 2);
    }
}

#[test]
fn an_answer_before_the_whole_message_counts() {
    let server = Server::new([Step::Early(code(7, &[]).in_the_head())]);
    let collector = once_to(&server).max_request_bytes(64 << 20);
    let collector = collector.max_waiting_bytes(64 << 20).build().unwrap();
    collect_large(&collector, 200);
    assert_eq!(check(&collector).spans_lost.refused, 200);
    // The next call uses the same connection.
    collect(&collector, 3);
    assert_eq!(check(&collector).spans_exported, 3);
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_reset_is_sent_again_whatever_its_reason() {
    for reason in (0..=14).chain([99]).map(Reason::from) {
        let server = Server::new([Step::Reset(reason)]);
        let collector = to(&server).build().unwrap();
        collect(&collector, 3);
        let stats = settle(&collector);
        assert_eq!(stats.spans_exported, 3, "{reason}");
        // A call that was not carried out is sent again at once, which does not count as a
        // failure.
        let is_refused = reason == Reason::REFUSED_STREAM;
        let failed = u64::from(!is_refused);
        assert_eq!(stats.failed_requests, failed, "{reason}");
        assert_eq!(server.connections(), 1, "{reason}");
        let error = last_error(&collector);
        assert_eq!(error.contains("gave the call up"), !is_refused, "{error}");
    }
    // The retries end if the server never accepts the call.
    let server = Server::forever(Step::Reset(Reason::REFUSED_STREAM));
    let collector = once_to(&server).timeout(SHORT * 20).build().unwrap();
    collect(&collector, 3);
    let stats = check(&collector);
    assert_eq!((stats.spans_waiting, stats.failed_requests), (3, 1));
}

#[test]
fn a_client_that_is_not_authenticated_asks_for_its_token_again() {
    let server = Server::new([Step::Answer(code(16, &[]))]);
    let asked = std::sync::atomic::AtomicU64::new(0);
    let collector = to(&server).headers_from(move || {
        let number = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        [("authorization", format!("Bearer {number}"))]
    });
    let collector = collector.build().unwrap();
    collect(&collector, 3);
    assert_eq!(settle(&collector).spans_exported, 3);
    let seen = server.seen();
    assert_eq!(seen[0].headers["authorization"], "Bearer 0");
    assert_eq!(seen[1].headers["authorization"], "Bearer 1");
}
