//! Events: logs of the innermost span, errors, and spans.

use trace_bridge::{Bridge, EventSpan, Targets};
use trace_core::{SpanKind, Status, traced};
use tracing::Level;

use crate::harness::{Recorded, check, faces};

#[traced]
fn ours(body: impl FnOnce()) {
    body();
}

#[test]
fn an_event_is_a_log_of_the_innermost_span_of_both_worlds() {
    check(
        &Bridge::new(),
        || {
            tracing::info!("of the root");
            ours(|| {
                tracing::info!("of ours");
                tracing::info_span!("theirs").in_scope(|| {
                    tracing::warn!(answer = 42, "of theirs");
                    ours(|| tracing::info!("of ours within"));
                });
            });
        },
        "
        root
          - of the root
          ours
            - of ours
            theirs
              - of theirs
              ours
                - of ours within
        ",
    );
}

#[test]
fn an_event_belongs_to_the_parent_that_it_names() {
    check(
        &Bridge::new(),
        || {
            let span = tracing::info_span!("theirs");
            ours(|| {
                tracing::info!(parent: &span, "named");
                tracing::info!(parent: None, "of nobody");
            });
        },
        "
        root
          theirs
            - named
          ours
        ",
    );
}

#[test]
fn levels_of_spans_and_logs_are_apart() {
    let bridge = Bridge::new()
        .spans("info,bridge::events=trace".parse::<Targets>().unwrap())
        .logs(Level::WARN);
    check(
        &bridge,
        || {
            tracing::trace_span!("theirs").in_scope(|| {
                tracing::info!("too quiet");
                tracing::warn!("loud");
            });
            tracing::debug_span!(target: "elsewhere", "refused").in_scope(|| ours(|| ()));
        },
        "
        root
          theirs
            - loud
          ours
        ",
    );
}

#[test]
fn fields_of_an_event_keep_their_types_and_have_its_level_and_target() {
    for (face, dispatch) in faces(&Bridge::new()) {
        let recorded = Recorded::new();
        tracing::dispatcher::with_default(&dispatch, || {
            recorded.tracer.root("root").run_sync(|| {
                tracing::warn!(n = 1, f = 0.5, b = true, s = "text", d = ?Some(1), password = "x", "m {}", 1);
            });
        });
        let spans = recorded.spans();
        let log = &spans[0].logs[0];
        let fields: Vec<String> = log
            .fields
            .iter()
            .map(|tag| format!("{}={}", tag.key, tag.value))
            .collect();
        let expected = [
            "level=WARN",
            "target=bridge::events",
            "n=1",
            "f=0.5",
            "b=true",
            "s=text",
            "d=Some(1)",
        ];
        assert_eq!(fields, expected, "{face}");
        assert_eq!(log.message, "m 1", "{face}");
    }
}

#[test]
fn an_event_without_a_message_says_where_it_is() {
    check(
        &Bridge::new(),
        || tracing::info!(n = 1),
        &format!("root\n  - event {}:{}\n", file!(), line!() - 1),
    );
}

#[test]
fn events_of_level_error_fail_their_span_where_asked() {
    for (fails, expected) in [(false, Status::Unset), (true, Status::from("broken"))] {
        for (face, dispatch) in faces(&Bridge::new().errors_fail(fails)) {
            let recorded = Recorded::new();
            tracing::dispatcher::with_default(&dispatch, || {
                recorded
                    .tracer
                    .root("root")
                    .run_sync(|| tracing::error!("broken"));
            });
            assert_eq!(recorded.spans()[0].status, expected, "{face}");
        }
    }
}

/// What sqlx 0.8 writes for a query.
#[test]
fn a_query_of_sqlx_is_a_client_span() {
    for (face, dispatch) in faces(&Bridge::new()) {
        let recorded = Recorded::new();
        tracing::dispatcher::with_default(&dispatch, || {
            recorded.tracer.root("root").run_sync(|| {
                tracing::event!(
                    target: "sqlx::query", Level::DEBUG,
                    summary = "SELECT id FROM orders …", db.statement = "\n\nSELECT id FROM orders WHERE id = ?\n",
                    rows_affected = 0_u64, rows_returned = 1_u64, elapsed = ?"2ms", elapsed_secs = 0.002,
                );
            });
        });
        let spans = recorded.spans();
        let (roots, queries): (Vec<_>, Vec<_>) =
            spans.iter().partition(|span| span.operation_name == "root");
        let (root, query) = (roots[0], queries[0]);
        assert_eq!(query.operation_name, "SELECT id FROM orders …", "{face}");
        assert_eq!(query.kind, SpanKind::Client, "{face}");
        assert_eq!(query.parent_span_id, Some(root.span_id), "{face}");
        let took = query.end - query.start;
        assert_eq!(took.as_micros(), 2_000, "{face}");
        assert_eq!(
            query
                .tag("db.response.returned_rows")
                .and_then(|v| v.as_i64()),
            Some(1),
            "{face}"
        );
        assert!(query.tag("db.query.text").is_some(), "{face}");
        assert!(query.tag("elapsed").is_none(), "{face}");
        assert!(root.logs.is_empty(), "{face}");
    }
}

#[test]
fn a_users_rule_makes_spans_of_events() {
    let rule = EventSpan::new("cache", "seconds")
        .name_field("op")
        .tag("db.system.name", "redis");
    check(
        &Bridge::new().event_span(rule),
        || {
            tracing::info!(target: "cache::get", op = "GET", seconds = 0.001);
            tracing::info!(target: "cache::get", op = "GET", "no duration");
        },
        "
        root
          - no duration
          GET db.system.name=redis op=GET
        ",
    );
}
