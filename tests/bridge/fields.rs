//! Fields of spans: tags, what they mean, and what is left out.

use std::io;

use trace_bridge::Bridge;
use trace_core::{SpanKind, Status};
use tracing::field::Empty;

use crate::harness::{Recorded, check, faces};

#[test]
fn values_keep_their_types() {
    for (face, dispatch) in faces(&Bridge::new()) {
        let recorded = Recorded::new();
        tracing::dispatcher::with_default(&dispatch, || {
            recorded.tracer.root("root").run_sync(|| {
                let span = tracing::info_span!(
                    "typed",
                    i = -1_i64, u = u64::MAX, small = 7_u64, f = 0.5, b = true, s = "text",
                    big = u128::MAX, d = ?Some(1), p = %2, later = Empty, never = Empty
                );
                span.record("later", 3);
            });
        });
        let spans = recorded.spans();
        let span = spans
            .iter()
            .find(|span| span.operation_name == "typed")
            .unwrap();
        let tag = |key: &str| span.tag(key);
        assert_eq!(tag("i").and_then(|v| v.as_i64()), Some(-1), "{face}");
        assert_eq!(
            tag("u").and_then(|v| v.as_str()),
            Some("18446744073709551615"),
            "{face}"
        );
        assert_eq!(tag("small").and_then(|v| v.as_i64()), Some(7), "{face}");
        assert_eq!(tag("f"), Some(&0.5.into()), "{face}");
        assert_eq!(tag("b").and_then(|v| v.as_bool()), Some(true), "{face}");
        assert_eq!(tag("s").and_then(|v| v.as_str()), Some("text"), "{face}");
        assert_eq!(
            tag("big").and_then(|v| v.as_str()),
            Some(u128::MAX.to_string()).as_deref(),
            "{face}"
        );
        assert_eq!(tag("d").and_then(|v| v.as_str()), Some("Some(1)"), "{face}");
        assert_eq!(tag("p").and_then(|v| v.as_str()), Some("2"), "{face}");
        assert_eq!(tag("later").and_then(|v| v.as_i64()), Some(3), "{face}");
        assert_eq!(tag("never"), None, "{face}");
    }
}

#[test]
fn secrets_are_left_out() {
    check(
        &Bridge::new().leave_out("iban").keep("token.kind"),
        || {
            #[tracing::instrument]
            fn login(user: &str, password: &str, iban: u64) {}
            login("ann", "hunter2", 5);
            tracing::info_span!("call", authorization = "Bearer x", id = 1).in_scope(|| ());
        },
        "
        root
          login user=ann
          call id=1
        ",
    );
}

#[test]
fn fields_of_tracing_opentelemetry_mean_what_they_mean_there() {
    for (face, dispatch) in faces(&Bridge::new()) {
        let recorded = Recorded::new();
        tracing::dispatcher::with_default(&dispatch, || {
            recorded.tracer.root("root").run_sync(|| {
                let kind = String::from("client");
                tracing::info_span!("a", otel.name = "GET /orders", otel.kind = ?SpanKind::Server)
                    .in_scope(|| ());
                tracing::info_span!("b", otel.kind = %kind, otel.status_code = "ERROR",
                    otel.status_description = "no such order")
                .in_scope(|| ());
                tracing::info_span!("c", otel.status_code = "OK").in_scope(|| ());
            });
        });
        let spans = recorded.spans();
        let named = |name: &str| {
            spans
                .iter()
                .find(|span| span.operation_name == name)
                .unwrap()
        };
        assert_eq!(named("GET /orders").kind, SpanKind::Server, "{face}");
        assert_eq!(named("b").kind, SpanKind::Client, "{face}");
        assert_eq!(named("b").status, Status::from("no such order"), "{face}");
        assert_eq!(named("c").status, Status::Ok, "{face}");
        assert!(named("b").tags.is_empty(), "{face}");
    }
}

#[test]
fn an_error_of_instrument_is_the_status() {
    #[tracing::instrument(err)]
    fn fails() -> Result<(), io::Error> {
        Err(io::Error::other("disk is full"))
    }
    for (face, dispatch) in faces(&Bridge::new()) {
        let recorded = Recorded::new();
        tracing::dispatcher::with_default(&dispatch, || {
            recorded.tracer.root("root").run_sync(|| drop(fails()));
        });
        let spans = recorded.spans();
        let span = spans
            .iter()
            .find(|span| span.operation_name == "fails")
            .unwrap();
        assert_eq!(span.status, Status::from("disk is full"), "{face}");
        assert_eq!(span.logs.len(), 1, "{face}");
        let root = spans
            .iter()
            .find(|span| span.operation_name == "root")
            .unwrap();
        assert_eq!(root.status, Status::Unset, "{face}");
    }
}

#[test]
fn the_sources_of_an_error_are_recorded() {
    #[derive(Debug)]
    struct Outer(io::Error);
    impl std::fmt::Display for Outer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("no order")
        }
    }
    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }
    let error = Outer(io::Error::other("disk is full"));
    let error = &error as &(dyn std::error::Error + 'static);
    check(
        &Bridge::new(),
        || tracing::info_span!("fails", cause = error).in_scope(|| ()),
        "
        root
          fails cause=no order cause.chain=[\"disk is full\"]
        ",
    );
}

#[test]
fn a_panic_in_a_debug_does_not_harm() {
    struct Panics;
    impl std::fmt::Debug for Panics {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            std::panic::resume_unwind(Box::new("expected"));
        }
    }
    // Formatting subscribers do panic, so only those that stand alone.
    for (face, dispatch) in faces(&Bridge::new()) {
        if face != "alone" && face != "around nothing" {
            continue;
        }
        let recorded = Recorded::new();
        tracing::dispatcher::with_default(&dispatch, || {
            recorded.tracer.root("root").run_sync(|| {
                tracing::info_span!("span", value = ?Panics, other = 1).in_scope(|| {
                    tracing::info!(value = ?Panics, "log");
                });
            });
        });
        let spans = recorded.spans();
        let span = spans
            .iter()
            .find(|span| span.operation_name == "span")
            .unwrap();
        assert_eq!(span.tag("other").and_then(|v| v.as_i64()), Some(1));
        assert_eq!(span.logs[0].message, "log");
    }
}
