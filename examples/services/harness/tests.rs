//! Runs of all services in this process.
//!
//! They compare whole traces and the results of the checks, but not the output.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::Parser;
use expect_test::{Expect, expect};
use trace_core::{Outcome as SpanOutcome, SpanKind, SpanRecord, Tracer, TreeOptions};
use trace_otlp::{OtlpCollector, Protocol};

use super::fate::Fate;
use super::load::End;
use super::options::Options;
use super::run::{self, Outcome};
use super::screen::Screen;
use crate::collectors::Collectors;
use crate::receiver::Receiver;
use crate::service::Service;

const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A file for the spans of one test, removed at its end.
struct Output(std::path::PathBuf);

impl Output {
    fn new(test: &str) -> Self {
        let name = format!("trace-services-{}-{test}.otlp.json", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn options(&self, arguments: &[&str]) -> Options {
        let output = format!("--output={}", self.0.display());
        options(&[&[&*output], arguments].concat())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

fn options(arguments: &[&str]) -> Options {
    let arguments = arguments.iter().copied();
    Options::parse_from(std::iter::once("services").chain(arguments))
}

/// A screen that shows nothing.
fn no_screen() -> Screen {
    Screen::new(std::io::sink())
}

async fn run(test: &str, arguments: &[&str]) -> Outcome {
    let output = Output::new(test);
    let options = output.options(arguments);
    let outcome = run::run(&options, &no_screen()).await.unwrap();
    assert_eq!(outcome.problems, [""; 0]);
    outcome
}

/// Compares the trace of the first request that has this fate.
fn check(outcome: &Outcome, fate: Fate, expected: &Expect) {
    let fates = outcome.options.fates();
    let request = (1..=outcome.options.requests).find(|request| fates.of(*request) == fate);
    let began = outcome.began().remove(&request.unwrap()).unwrap();
    let completed = outcome.collectors.traces.completed_trace(began.trace_id);
    let tree = completed
        .unwrap()
        .trace
        .tree_with(TreeOptions::compact())
        .to_string();
    expected.assert_eq(&tree);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_is_one_complete_trace() {
    let rates = ["--error-rate=0.6", "--slow-rate=0.1", "--cancel-rate=0"];
    let numbers = ["--requests=40", "--concurrency=20", "--seed=7"];
    let outcome = run("complete", &[rates, numbers].concat()).await;
    assert_eq!(outcome.collectors.traces.completed_traces().len(), 40);
    check(
        &outcome,
        Fate::Fine,
        &expect![[r#"
            GET /users/{user}
            ├─ call_APIGateway
            │  └─ GET
            │     └─ GET /api/users/{user}
            │        ├─ call_AuthService
            │        │  └─ auth.Auth/CheckToken
            │        │     └─ auth.Auth/CheckToken
            │        │        └─ verify_token
            │        └─ call_DataService
            │           └─ GET
            │              └─ GET /profiles/{user}
            │                 ├─ look_up_cache
            │                 ├─ call_Database
            │                 │  └─ GET
            │                 │     └─ GET /rows/{user}
            │                 │        └─ run_query
            │                 └─ parse_row
            └─ render_page
        "#]],
    );
    check(
        &outcome,
        Fate::SlowKeys,
        &expect![[r#"
            GET /users/{user}
            ├─ call_APIGateway
            │  └─ GET
            │     └─ GET /api/users/{user}
            │        ├─ call_AuthService
            │        │  └─ auth.Auth/CheckToken
            │        │     └─ auth.Auth/CheckToken
            │        │        ├─ fetch_keys
            │        │        └─ verify_token
            │        └─ call_DataService
            │           └─ GET
            │              └─ GET /profiles/{user}
            │                 ├─ look_up_cache
            │                 ├─ call_Database
            │                 │  └─ GET
            │                 │     └─ GET /rows/{user}
            │                 │        └─ run_query
            │                 └─ parse_row
            └─ render_page
        "#]],
    );
    check(
        &outcome,
        Fate::Deadlock,
        &expect![[r#"
            GET /users/{user}
            ├─ call_APIGateway
            │  └─ GET
            │     └─ GET /api/users/{user}
            │        ├─ call_AuthService
            │        │  └─ auth.Auth/CheckToken
            │        │     └─ auth.Auth/CheckToken
            │        │        └─ verify_token
            │        └─ call_DataService
            │           └─ GET
            │              └─ GET /profiles/{user}
            │                 ├─ look_up_cache
            │                 ├─ call_Database            error: 503 from Database: deadlock
            │                 │  └─ GET                   error
            │                 │     └─ GET /rows/{user}   error
            │                 │        └─ run_query       error: deadlock
            │                 ├─ call_Database
            │                 │  └─ GET
            │                 │     └─ GET /rows/{user}
            │                 │        └─ run_query
            │                 └─ parse_row
            └─ render_page
        "#]],
    );
    check(
        &outcome,
        Fate::DatabaseDown,
        &expect![[r#"
            GET /users/{user}                             error
            └─ call_APIGateway                            error: 502 from APIGateway: storage is lost
               └─ GET                                     error
                  └─ GET /api/users/{user}                error
                     ├─ call_AuthService
                     │  └─ auth.Auth/CheckToken
                     │     └─ auth.Auth/CheckToken
                     │        └─ verify_token
                     └─ call_DataService                  error: 502 from DataService: storage is lost
                        └─ GET                            error
                           └─ GET /profiles/{user}        error
                              ├─ look_up_cache
                              ├─ call_Database            error: 503 from Database: storage is lost
                              │  └─ GET                   error
                              │     └─ GET /rows/{user}   error
                              │        └─ run_query       error: storage is lost
                              └─ call_Database            error: 503 from Database: storage is lost
                                 └─ GET                   error
                                    └─ GET /rows/{user}   error
                                       └─ run_query       error: storage is lost
        "#]],
    );
    check(
        &outcome,
        Fate::CorruptRow,
        &expect![[r#"
            GET /users/{user}                             error
            └─ call_APIGateway                            error: 502 from APIGateway: column `name` is corrupt
               └─ GET                                     error
                  └─ GET /api/users/{user}                error
                     ├─ call_AuthService
                     │  └─ auth.Auth/CheckToken
                     │     └─ auth.Auth/CheckToken
                     │        └─ verify_token
                     └─ call_DataService                  error: 500 from DataService: column `name` is corrupt
                        └─ GET                            error
                           └─ GET /profiles/{user}        error
                              ├─ look_up_cache
                              ├─ call_Database
                              │  └─ GET
                              │     └─ GET /rows/{user}
                              │        └─ run_query
                              └─ parse_row                error: column `name` is corrupt
        "#]],
    );
    check(
        &outcome,
        Fate::TokenExpired,
        &expect![[r#"
            GET /users/{user}
            └─ call_APIGateway                       error: 401 from APIGateway: the token of user 5 has expired
               └─ GET                                error
                  └─ GET /api/users/{user}
                     └─ call_AuthService             error: 401 from AuthService: the token of user 5 has expired
                        └─ auth.Auth/CheckToken      error: the token of user 5 has expired
                           └─ auth.Auth/CheckToken
                              └─ verify_token        error: the token of user 5 has expired
        "#]],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_is_two_spans_that_know_its_request() {
    let rates = ["--error-rate=1", "--cancel-rate=0", "--requests=20"];
    let outcome = run("two-ends", &rates).await;
    for (request, began) in outcome.began() {
        let completed = outcome.collectors.traces.completed_trace(began.trace_id);
        let trace = completed.unwrap().trace;
        let tag = |span: &SpanRecord, key| span.tag(key).map(ToString::to_string);
        let of_kind = |kind| trace.spans().filter(move |span| span.kind == kind);
        for server in of_kind(SpanKind::Server) {
            assert_eq!(tag(server, "request.id"), Some(request.to_string()));
        }
        let clients = of_kind(SpanKind::Client).count();
        assert_eq!(of_kind(SpanKind::Server).count(), clients + 1); // the root
        let is_expired = outcome.options.fates().of(request) == Fate::TokenExpired;
        let code = if is_expired { "UNAUTHENTICATED" } else { "OK" };
        for kind in [SpanKind::Client, SpanKind::Server] {
            let codes = of_kind(kind).filter_map(|span| tag(span, "rpc.status_code"));
            assert_eq!(codes.collect::<Vec<_>>(), [code], "{kind:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_client_gives_up_ends_in_every_service() {
    let outcome = run("given-up", &["--cancel-rate=1", "--requests=20"]).await;
    assert!(
        outcome
            .answers
            .iter()
            .all(|answer| answer.end == End::GaveUp)
    );
    for completed in outcome.collectors.traces.completed_traces() {
        let root = completed.trace.root().unwrap();
        assert_eq!(root.outcome, SpanOutcome::Cancelled);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_that_are_not_recorded_are_passed_on() {
    let outcome = run("sampled-out", &["--sample-rate=0", "--requests=10"]).await;
    assert_eq!(outcome.collectors.traces.stats().spans_received, 0);
    let began = outcome.began();
    let database = outcome.report(Service::Database).unwrap();
    assert!(!database.received.is_empty());
    for received in &database.received {
        let traceparent = received.traceparent.as_ref().unwrap();
        let trace_id = began[&received.request].trace_id;
        assert!(
            traceparent.starts_with(&format!("00-{trace_id}-")),
            "{traceparent}"
        );
        assert!(traceparent.ends_with("-02"), "{traceparent}"); // random, not sampled
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_reach_another_process() {
    for protocol in [Protocol::HttpProtobuf, Protocol::HttpJson] {
        let output = Output::new("sent");
        let collectors = Collectors::new(&output.options(&[]), &no_screen()).unwrap();
        let receiver = Receiver::start(ANY_PORT, collectors.clone()).await.unwrap();
        let otlp = OtlpCollector::builder(format!("http://{}", receiver.address));
        let otlp = otlp.protocol(protocol).build().unwrap();
        let tracer = Tracer::builder("shop").collector(otlp).build().unwrap();
        tracer.root("checkout").run_sync(|| {});
        assert!(tracer.shutdown(Duration::from_secs(5)).is_complete);
        receiver.stop().await;
        collectors.finish();
        let [completed] = &collectors.traces.completed_traces()[..] else {
            panic!("{:?}", collectors.traces.stats())
        };
        assert_eq!(completed.trace.root().unwrap().operation_name, "checkout");
        assert_eq!(collectors.json.stats().spans_written, 1);
    }
}

/// Another program in place of a server: it assembles what the services send.
#[tokio::test(flavor = "multi_thread")]
async fn spans_are_sent_to_a_server_too() {
    let output = Output::new("server");
    let server = Collectors::new(&output.options(&["--exact"]), &no_screen()).unwrap();
    let receiver = Receiver::start(ANY_PORT, server.clone()).await.unwrap();
    let to = format!("--to=http://{}", receiver.address);
    let outcome = run("to", &["--requests=20", "--cancel-rate=0", &to]).await;
    receiver.stop().await;
    let delivered = outcome.span_counts().delivered;
    let counts = outcome.export_counts().unwrap();
    assert_eq!((counts.exported, counts.lost), (delivered, 0));
    // It knows without waiting, from what the spans report.
    let stats = server.traces.stats();
    assert_eq!((stats.traces_completed, stats.active_traces), (20, 0));
    assert_eq!(stats.spans_received, delivered);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_exported_is_said() {
    let output = Output::new("refused");
    // Nobody listens on the first port.
    let arguments = [
        "--requests=1",
        "--cancel-rate=0",
        "--to=http://127.0.0.1:1/base",
    ];
    let outcome = run::run(&output.options(&arguments), &no_screen())
        .await
        .unwrap();
    let delivered = outcome.span_counts().delivered;
    let counts = outcome.export_counts().unwrap();
    assert_eq!((counts.exported, counts.lost), (0, delivered));
    let expected = format!("0 of {delivered} spans were exported");
    assert!(
        outcome.problems.contains(&expected),
        "{:?}",
        outcome.problems
    );
}

#[tokio::test]
async fn a_bad_endpoint_is_an_error_at_once() {
    let output = Output::new("bad");
    let options = output.options(&["--to=nothing"]);
    let error = run::run(&options, &no_screen()).await.err().unwrap();
    assert!(error.to_string().contains("nothing"), "{error}");
}

#[test]
fn the_seed_decides_what_happens() {
    let fates = |seed: &str| {
        let fates = options(&["--error-rate=0.3", "--seed", seed]).fates();
        (1..=50)
            .map(|request| fates.of(request))
            .collect::<Vec<_>>()
    };
    assert_eq!(fates("1"), fates("1"));
    assert_ne!(fates("1"), fates("2"));
}
