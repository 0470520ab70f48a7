//! Servers that send GOAWAY: before a call, during it, or with it as the last call.

use super::super::spans::{check, collect, settle};
use super::frames::{after_call, go_away, settings, success};
use super::server::{Act, Server, Step, ok};
use super::{last_error, once_to, to};

#[test]
fn a_call_that_was_not_carried_out_is_sent_again_at_once() {
    let away = |reason| vec![Act::Write(go_away(0, reason)), Act::Hang];
    for reason in [0, 2, 7, 11] {
        for acts in [
            // Before anything is read, and after the call was read.
            [vec![Act::Write(settings(&[]))], away(reason)].concat(),
            after_call(away(reason)),
            after_call([Act::Write(go_away(0, reason)), Act::Close]),
        ] {
            let server = Server::raw([acts.clone()]);
            let collector = once_to(&server).build().unwrap();
            collect(&collector, 3);
            let stats = check(&collector);
            assert_eq!(stats.spans_exported, 3, "{acts:?}");
            assert_eq!((stats.requests, stats.failed_requests), (1, 0), "{acts:?}");
            assert_eq!(server.connections(), 2);
        }
    }
}

#[test]
fn a_server_that_always_goes_away_is_a_failure() {
    let acts = || after_call([Act::Write(go_away(0, 0)), Act::Hang]);
    let server = Server::raw((0..3).map(|_| acts()));
    let collector = to(&server).build().unwrap();
    collect(&collector, 3);
    let stats = check(&collector);
    assert_eq!((stats.spans_waiting, stats.failed_requests), (3, 1));
    let error = last_error(&collector);
    assert!(error.contains("the server goes away: "), "{error}");
    assert!(!error.contains("a word of the server"), "{error}");
    assert_eq!(settle(&collector).spans_exported, 3);
}

#[test]
fn a_call_that_is_the_last_one_finishes() {
    // The answer follows the GOAWAY that names the call.
    let bytes = [go_away(1, 0), success(1)].concat();
    let server = Server::raw([after_call([Act::Write(bytes), Act::Close])]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 3);
    collect(&collector, 2);
    let stats = check(&collector);
    assert_eq!((stats.spans_exported, stats.failed_requests), (5, 0));
    assert_eq!((server.connections(), server.spans_seen()), (2, 2));

    // As h2 does it: first a GOAWAY that names no call.
    let server = Server::new([Step::GoAway(ok())]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 3);
    collect(&collector, 2);
    let stats = check(&collector);
    assert_eq!((stats.spans_exported, stats.failed_requests), (5, 0));
    assert_eq!((server.connections(), server.spans_seen()), (2, 5));
}

#[test]
fn a_last_call_without_an_answer_may_have_been_carried_out() {
    for reason in [0, 2] {
        let acts = after_call([Act::Write(go_away(1, reason)), Act::Close]);
        let server = Server::raw([acts]);
        let collector = to(&server).build().unwrap();
        collect(&collector, 3);
        let stats = settle(&collector);
        // Sent again not at once, but after a backoff, as after any broken connection.
        let counts = (stats.spans_exported, stats.requests, stats.failed_requests);
        assert_eq!(counts, (3, 2, 1));
    }
}

#[test]
fn a_server_that_goes_away_while_nothing_is_sent_is_left() {
    let bytes = [success(1), go_away(1, 0)].concat();
    let server = Server::raw([after_call([Act::Write(bytes), Act::Hang])]);
    let collector = once_to(&server).build().unwrap();
    collect(&collector, 3);
    collect(&collector, 2);
    let stats = check(&collector);
    assert_eq!((stats.spans_exported, stats.failed_requests), (5, 0));
    assert_eq!(server.connections(), 2);
}
