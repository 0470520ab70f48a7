//! Runs of all services in this process.
//!
//! They compare whole traces and the results of the checks, but not the output.

use std::time::Duration;

use clap::Parser;
use expect_test::{Expect, expect};
use trace_core::{Outcome as SpanOutcome, Tracer, TreeOptions};

use super::fate::Fate;
use super::load::End;
use super::options::Options;
use super::run::{self, Outcome};
use super::screen::Screen;
use crate::collectors::Collectors;
use crate::exporter::PostCollector;
use crate::receiver::Receiver;
use crate::service::Service;

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
        frontend.handle_user_request
        ├─ call_APIGateway
        │  └─ APIGateway.handle_request
        │     ├─ call_AuthService
        │     │  └─ AuthService.handle_request
        │     │     └─ verify_token
        │     └─ call_DataService
        │        └─ DataService.handle_request
        │           ├─ look_up_cache
        │           ├─ call_Database
        │           │  └─ Database.handle_request
        │           │     └─ run_query
        │           └─ parse_row
        └─ render_page
    "#]],
    );
    check(
        &outcome,
        Fate::SlowKeys,
        &expect![[r#"
        frontend.handle_user_request
        ├─ call_APIGateway
        │  └─ APIGateway.handle_request
        │     ├─ call_AuthService
        │     │  └─ AuthService.handle_request
        │     │     ├─ fetch_keys
        │     │     └─ verify_token
        │     └─ call_DataService
        │        └─ DataService.handle_request
        │           ├─ look_up_cache
        │           ├─ call_Database
        │           │  └─ Database.handle_request
        │           │     └─ run_query
        │           └─ parse_row
        └─ render_page
    "#]],
    );
    check(
        &outcome,
        Fate::Deadlock,
        &expect![[r#"
        frontend.handle_user_request
        ├─ call_APIGateway
        │  └─ APIGateway.handle_request
        │     ├─ call_AuthService
        │     │  └─ AuthService.handle_request
        │     │     └─ verify_token
        │     └─ call_DataService
        │        └─ DataService.handle_request
        │           ├─ look_up_cache
        │           ├─ call_Database                error: 503 from Database: deadlock
        │           │  └─ Database.handle_request   error: deadlock
        │           │     └─ run_query              error: deadlock
        │           ├─ call_Database
        │           │  └─ Database.handle_request
        │           │     └─ run_query
        │           └─ parse_row
        └─ render_page
    "#]],
    );
    check(
        &outcome,
        Fate::DatabaseDown,
        &expect![[r#"
        frontend.handle_user_request                error: storage is lost
        └─ call_APIGateway                          error: 502 from APIGateway: storage is lost
           └─ APIGateway.handle_request             error: storage is lost
              ├─ call_AuthService
              │  └─ AuthService.handle_request
              │     └─ verify_token
              └─ call_DataService                   error: 502 from DataService: storage is lost
                 └─ DataService.handle_request      error: storage is lost
                    ├─ look_up_cache
                    ├─ call_Database                error: 503 from Database: storage is lost
                    │  └─ Database.handle_request   error: storage is lost
                    │     └─ run_query              error: storage is lost
                    └─ call_Database                error: 503 from Database: storage is lost
                       └─ Database.handle_request   error: storage is lost
                          └─ run_query              error: storage is lost
    "#]],
    );
    check(
        &outcome,
        Fate::CorruptRow,
        &expect![[r#"
        frontend.handle_user_request                error: column `name` is corrupt
        └─ call_APIGateway                          error: 502 from APIGateway: column `name` is corrupt
           └─ APIGateway.handle_request             error: column `name` is corrupt
              ├─ call_AuthService
              │  └─ AuthService.handle_request
              │     └─ verify_token
              └─ call_DataService                   error: 500 from DataService: column `name` is corrupt
                 └─ DataService.handle_request      error: column `name` is corrupt
                    ├─ look_up_cache
                    ├─ call_Database
                    │  └─ Database.handle_request
                    │     └─ run_query
                    └─ parse_row                    error: column `name` is corrupt
    "#]],
    );
    check(
        &outcome,
        Fate::TokenExpired,
        &expect![[r#"
        frontend.handle_user_request
        └─ call_APIGateway                       error: 401 from APIGateway: the token of user 5 has expired
           └─ APIGateway.handle_request
              └─ call_AuthService                error: 401 from AuthService: the token of user 5 has expired
                 └─ AuthService.handle_request
                    └─ verify_token              error: the token of user 5 has expired
    "#]],
    );
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
    let output = Output::new("posted");
    let collectors = Collectors::new(&output.options(&[]), &no_screen()).unwrap();
    let receiver = Receiver::start(collectors.clone()).await.unwrap();
    let posts = PostCollector::new(receiver.address);
    let tracer = Tracer::builder("shop").collector(posts).build().unwrap();
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
