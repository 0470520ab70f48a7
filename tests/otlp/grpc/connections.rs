//! Connections that are refused, kept, closed at odd moments, and broken.

use trace_core::Collector;
use trace_otlp::Protocol;

use super::super::server::Server as HttpServer;
use super::super::spans::{LONG, check, collect, settle, to_url, wait_until};
use super::frames::{
    ACK, DATA, END_STREAM, HEADERS, PING, after_call, frame, head, read_call, reset, settings,
    success, trailers,
};
use super::server::{Act, Server, Step, ok};
use super::{last_error, to};

#[test]
fn connections_are_kept() {
    let server = Server::new([]);
    let collector = to(&server).build().unwrap();
    for _ in 0..5 {
        collect(&collector, 2);
    }
    assert_eq!(check(&collector).spans_exported, 10);
    assert_eq!(server.connections(), 1);
}

#[test]
fn spans_wait_while_nobody_listens() {
    for url in [
        format!("http://{}", HttpServer::nobody()),
        "http://no-such-host.invalid:4317".to_owned(),
    ] {
        let collector = to_url(&url).protocol(Protocol::Grpc).build().unwrap();
        collect(&collector, 3);
        let stats = check(&collector);
        assert_eq!((stats.spans_waiting, stats.failed_requests), (3, 1));
        let error = last_error(&collector);
        assert!(error.contains("no connection"), "{error}");
    }
}

#[test]
fn a_connection_that_breaks_at_any_stage_is_tried_again() {
    let close = || [Act::Close];
    let stages = [
        vec![Act::Close],
        vec![Act::Read(7), Act::Close],
        vec![Act::ReadFrame(HEADERS, 4), Act::Close],
        vec![Act::ReadFrame(DATA, END_STREAM), Act::Close],
        vec![Act::Write(settings(&[])), Act::Close],
        after_call(close()),
        after_call([Act::Write(head(1)[..15].to_vec()), Act::Close]),
        after_call([Act::Write(head(1)), Act::Close]),
        after_call([
            Act::Write([head(1), frame(DATA, 0, 1, &[0; 3])].concat()),
            Act::Close,
        ]),
    ];
    for acts in stages {
        let server = Server::raw([acts.clone()]);
        let collector = to(&server).build().unwrap();
        collect(&collector, 3);
        let stats = settle(&collector);
        let counts = (stats.spans_exported, stats.requests, stats.failed_requests);
        assert_eq!(counts, (3, 2, 1), "{acts:?}");
    }
}

#[test]
fn a_call_whose_connection_closes_is_tried_again() {
    super::is_sent_again(Step::Close);
}

#[test]
fn broken_frames_are_no_answer() {
    let padded = frame(DATA, 8, 1, &[200, 0, 0]);
    for bytes in [
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        b"\xff".repeat(100),
        vec![0; 9],
        // A frame larger than agreed; data before the head; an invalid head; padding longer
        // than its frame; a push; a continuation without a head; an unknown stream.
        b"\xff\xff\xff\0\0\0\0\0\x01".to_vec(),
        frame(DATA, 0, 1, &[0; 5]),
        frame(HEADERS, 4, 1, &[0xff; 20]),
        [head(1), padded].concat(),
        frame(5, 4, 1, &[0, 0, 0, 2, 0x82]),
        frame(9, 4, 1, &[0x88]),
        reset(0, 0),
        settings(&[(4, u32::MAX)]),
        frame(4, 0, 0, &[0; 5]),
        frame(8, 0, 0, &[0; 4]),
        // A head that never ends.
        [
            frame(HEADERS, 0, 1, &[0x88]),
            frame(9, 0, 1, &[0x88; 16000]).repeat(40),
        ]
        .concat(),
    ] {
        let server = Server::raw([after_call([Act::Write(bytes.clone()), Act::Hang])]);
        let collector = to(&server).build().unwrap();
        collect(&collector, 3);
        let stats = settle(&collector);
        assert_eq!(stats.spans_exported, 3, "{bytes:?}");
        assert!(stats.requests <= 2);
        let error = last_error(&collector);
        assert!(error.contains("broke off") || error.is_empty(), "{error}");
    }
}

#[test]
fn a_head_that_is_too_large_is_no_answer() {
    let answer = super::server::Answer {
        head: vec![("x".to_owned(), "y".repeat(60_000))],
        ..ok()
    };
    super::is_sent_again(Step::Answer(answer));
}

#[test]
fn a_connection_that_is_closed_between_calls_loses_nothing() {
    for step in [Step::AnswerThenClose(ok()), Step::AnswerThenGoAway(ok())] {
        let server = Server::new([step.clone()]);
        let collector = to(&server).build().unwrap();
        collect(&collector, 3);
        wait_until(|| server.ended() == 1);
        collect(&collector, 2);
        let stats = check(&collector);
        assert_eq!(stats.spans_exported, 5, "{step:?}");
        assert_eq!((stats.requests, stats.failed_requests), (2, 0), "{step:?}");
        assert_eq!(server.connections(), 2, "{step:?}");
    }
}

#[test]
fn a_connection_that_is_closed_by_the_next_call_loses_nothing() {
    let mut acts = after_call([Act::Write(success(1))]);
    acts.extend([Act::ReadFrame(DATA, END_STREAM), Act::Close]);
    let server = Server::raw([acts]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 3);
    collect(&collector, 2);
    let stats = check(&collector);
    assert_eq!((stats.spans_exported, stats.failed_requests), (5, 0));
    assert_eq!((server.connections(), server.spans_seen()), (2, 2));
}

#[test]
fn a_call_that_was_seen_is_not_sent_again_at_once() {
    let mut acts = after_call([Act::Write(success(1)), Act::ReadFrame(DATA, END_STREAM)]);
    acts.extend([Act::Write(head(3)), Act::Close]);
    let server = Server::raw([acts]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 3);
    collect(&collector, 2);
    assert_eq!(settle(&collector).failed_requests, 1);
    assert_eq!(check(&collector).spans_exported, 5);
}

#[test]
fn a_ping_is_answered_while_nothing_is_sent() {
    let mut acts = read_call();
    acts.push(Act::Write(success(1)));
    for number in 0..3 {
        acts.push(Act::Write(frame(PING, 0, 0, &[number; 8])));
        acts.push(Act::ReadFrame(PING, ACK));
    }
    let server = Server::raw([acts]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 3);
    assert_eq!(check(&collector).spans_exported, 3);
    wait_until(|| server.done() == 1);
}

#[test]
fn a_server_in_pieces_is_understood() {
    let bytes = success(1);
    let mut acts = read_call();
    for byte in bytes {
        acts.push(Act::Write(vec![byte]));
    }
    acts.push(Act::Hang);
    let server = Server::raw([acts]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 3);
    let stats = check(&collector);
    assert_eq!((stats.spans_exported, stats.failed_requests), (3, 0));
}

#[test]
fn frames_that_nobody_asked_for_are_skipped() {
    let unknown = frame(0xfa, 0, 0, b"extension");
    let bytes = [
        unknown.clone(),
        // An informational answer before the actual one.
        frame(HEADERS, 4, 1, b"\x08\x03103"),
        head(1),
        unknown,
        frame(DATA, 0, 1, b""),
        frame(DATA, 8, 1, &[2, 0, 0, 0, 0, 0, 0, 0]),
        trailers(1, "0"),
    ];
    let server = Server::raw([after_call([Act::Write(bytes.concat()), Act::Hang])]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 3);
    let stats = check(&collector);
    assert_eq!((stats.spans_exported, stats.failed_requests), (3, 0));
    assert_eq!(last_error(&collector), "");
}

#[test]
fn a_server_is_told_of_the_end() {
    let mut acts = read_call();
    // GOAWAY.
    acts.extend([Act::Write(success(1)), Act::ReadFrame(7, 0)]);
    let server = Server::raw([acts]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 3);
    collector.shutdown(LONG).unwrap();
    drop(collector);
    wait_until(|| server.done() == 1);
}
