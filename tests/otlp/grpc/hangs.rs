//! Servers that hang, at each stage.

use trace_core::Collector;

use super::super::server::status;
use super::super::spans::{LONG, SHORT, check, collect, collect_large, settle};
use super::frames::{DATA, HEADERS, SETTINGS, after_call, frame, head, settings, settings_ack};
use super::server::{Act, Answer, End, PREFACE_BYTES, Server, Step, ok};
use super::{last_error, once_to, to};

/// A call that hangs fails once, and then sending continues.
#[track_caller]
fn is_given_up(server: &Server, why: &str) {
    let collector = to(server).timeout(SHORT).build().unwrap();
    collect(&collector, 3);
    let stats = check(&collector);
    assert_eq!(
        (stats.spans_waiting, stats.failed_requests),
        (3, 1),
        "{why}"
    );
    let error = last_error(&collector);
    assert!(error.contains("no answer in time"), "{why}: {error}");
    let collector = {
        // With enough time for a busy machine.
        drop(collector);
        let collector = to(server).build().unwrap();
        collect(&collector, 3);
        collector
    };
    assert_eq!(settle(&collector).spans_exported, 3, "{why}");
}

#[test]
fn a_server_that_hangs_at_any_stage_is_given_up() {
    let hang = || [Act::Hang];
    let connections: [(&str, Vec<Act>); 7] = [
        ("before it reads", vec![Act::Hang]),
        (
            "in the preface",
            vec![Act::Read(PREFACE_BYTES - 3), Act::Hang],
        ),
        (
            "before the settings",
            vec![Act::ReadFrame(DATA, 1), Act::Hang],
        ),
        (
            "in the settings",
            vec![Act::Write(settings(&[(3, 9)])[..11].to_vec()), Act::Hang],
        ),
        ("after the settings", after_call(hang())),
        (
            "in the head",
            after_call([Act::Write(head(1)[..15].to_vec()), Act::Hang]),
        ),
        (
            "without a place for a stream",
            vec![
                Act::Write([settings(&[(3, 0)]), settings_ack()].concat()),
                Act::ReadFrame(SETTINGS, 1),
                Act::Hang,
            ],
        ),
    ];
    for (why, acts) in connections {
        // If no stream is allowed, the first call may already be on its way.
        is_given_up(&Server::raw([acts]), why);
    }
    is_given_up(&Server::new([Step::Hang]), "after the call");
    for (why, data) in [
        ("after the head", &b""[..]),
        ("in a prefix", b"\0\0"),
        ("in a message", b"\0\0\0\0\x09ab"),
    ] {
        let answer = Answer {
            data: Some(data.to_vec()),
            trailers: None,
            ..ok()
        };
        let step = Step::Answer(answer.with_end(End::Hang));
        is_given_up(&Server::new([step]), why);
    }
}

#[test]
fn a_server_that_hangs_behind_its_message_has_the_spans() {
    let acts = after_call([
        Act::Write([head(1), frame(DATA, 0, 1, &[0; 5])].concat()),
        Act::Hang,
    ]);
    let server = Server::raw([acts]);
    let collector = once_to(&server).timeout(SHORT * 4).build().unwrap();
    collect(&collector, 3);
    let stats = check(&collector);
    assert_eq!((stats.spans_exported, stats.requests), (3, 1));
    let error = last_error(&collector);
    assert!(error.contains("does not come in time"), "{error}");
}

#[test]
fn a_window_that_never_opens_is_given_up() {
    // The settings allow no byte to be sent.
    let closed = vec![
        Act::Write([settings(&[(4, 0)]), settings_ack()].concat()),
        Act::ReadFrame(HEADERS, 4),
        Act::Hang,
    ];
    // The first call may be sent before the settings arrive, so it is too large for any
    // window.
    let large = |server: &Server| {
        let collector = once_to(server).max_request_bytes(64 << 20);
        let collector = collector.max_waiting_bytes(64 << 20).timeout(SHORT * 4);
        let collector = collector.build().unwrap();
        collect_large(&collector, 200);
        assert_eq!(check(&collector).failed_requests, 1);
        let error = last_error(&collector);
        assert!(error.contains("no answer in time"), "{error}");
        collector
    };
    large(&Server::raw([closed]));
    let server = Server::new([Step::HangUnread, Step::HangUnread]);
    let collector = large(&server);
    // The next call is on another connection.
    collector.flush(LONG).unwrap_err();
    assert!(server.connections() >= 2);
}

#[test]
fn a_server_that_reads_slowly_gets_a_large_message() {
    let large = |server: &Server, timeout| {
        let collector = once_to(server).max_request_bytes(64 << 20);
        let collector = collector.max_waiting_bytes(64 << 20).timeout(timeout);
        let collector = collector.build().unwrap();
        // More than the window of a call.
        collect_large(&collector, 20);
        collector
    };
    let millisecond = std::time::Duration::from_millis(1);
    let server = Server::new([Step::ReadSlowly(millisecond, ok())]);
    let stats = check(&large(&server, LONG));
    assert_eq!((stats.spans_exported, stats.failed_requests), (20, 0));

    // One that reads too slowly is given up.
    let server = Server::new([Step::ReadSlowly(SHORT, ok())]);
    let collector = large(&server, SHORT * 4);
    let stats = check(&collector);
    assert_eq!((stats.spans_waiting, stats.failed_requests), (20, 1));
    let error = last_error(&collector);
    assert!(error.contains("no answer in time"), "{error}");
}

#[test]
fn nothing_is_blocked_by_a_call_that_hangs() {
    let server = Server::forever(Step::Hang);
    let collector = to(&server).timeout(SHORT * 2).build().unwrap();
    let sender = collector.clone();
    let thread = std::thread::spawn(move || collect(&sender, 3));
    let mut reads = 0;
    while !thread.is_finished() {
        check(&collector);
        reads += 1;
        std::thread::sleep(SHORT / 30);
    }
    thread.join().unwrap();
    assert!(reads > 3);
}

#[test]
fn a_flush_and_a_shutdown_end_at_their_timeout() {
    let server = Server::forever(Step::Hang);
    let collector = to(&server).timeout(LONG * 60).retry_delays(LONG, LONG);
    let collector = collector.build().unwrap();
    // Nothing was sent yet, so the first call would wait forever.
    let quick = to(&server).timeout(SHORT).build().unwrap();
    collect(&quick, 3);
    assert_eq!(quick.flush(SHORT).unwrap_err().lost_spans(), 3);
    assert_eq!(check(&quick).spans_waiting, 3, "a flush loses nothing");
    assert_eq!(quick.shutdown(SHORT).unwrap_err().lost_spans(), 3);
    assert_eq!(check(&quick).spans_lost.shut_down, 3);
    drop(collector);
}

#[test]
fn a_server_of_http_1_is_no_server_of_grpc() {
    use super::super::server::{Server as HttpServer, Step as HttpStep};

    for answer in [status(400), status(505), b"hello\r\n".repeat(20)] {
        let server = HttpServer::new([]).forever(HttpStep::AnswerAndClose(answer));
        let collector = super::super::spans::to_url(&server.url())
            .protocol(trace_otlp::Protocol::Grpc)
            .timeout(SHORT)
            .retry_delays(LONG, LONG);
        let collector = collector.build().unwrap();
        collect(&collector, 3);
        let stats = check(&collector);
        assert_eq!((stats.spans_waiting, stats.failed_requests), (3, 1));
    }
}
