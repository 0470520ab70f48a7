//! Known libraries: what of theirs is of use in a trace.
//!
//! One table, so that a library is added by a row. The user's own rules win.

use tracing_core::{Level, LevelFilter};

use super::targets::Targets;

/// A library's target, the level of its spans, and the level of its events as logs. `None`
/// leaves it to the default.
type Row = (&'static str, Option<LevelFilter>, Option<LevelFilter>);

const KNOWN: &[Row] = &[
    // One span for each frame and each poll, and one for the whole connection, which outlives
    // every request.
    ("h2", Some(LevelFilter::OFF), Some(LevelFilter::OFF)),
    ("hyper", Some(LevelFilter::OFF), None),
    ("hyper_util", Some(LevelFilter::OFF), None),
    // Tasks and resources, for its console.
    ("tokio", Some(LevelFilter::OFF), Some(LevelFilter::OFF)),
    ("runtime", Some(LevelFilter::OFF), Some(LevelFilter::OFF)),
    // Its span of a request is the one of a server's layer, once more. Its events are logs of
    // the request.
    ("tower_http", Some(LevelFilter::INFO), None),
    // Handshakes and frames.
    ("rustls", Some(LevelFilter::OFF), None),
    ("tungstenite", Some(LevelFilter::OFF), None),
    // The call itself and its attempts are spans of other targets.
    ("aws_smithy_runtime", Some(LevelFilter::OFF), None),
    ("aws_smithy_runtime_api", Some(LevelFilter::OFF), None),
    // 130 functions with their arguments. `sea_orm.*` has targets of its own.
    ("sea_orm", Some(LevelFilter::INFO), None),
];

/// The default rules for spans.
pub(super) fn spans(others: Level) -> Targets {
    fill(others, |(_, spans, _)| *spans)
}

/// The default rules for logs.
pub(super) fn logs(others: Level) -> Targets {
    fill(others, |(_, _, logs)| *logs)
}

fn fill(others: Level, column: impl Fn(&Row) -> Option<LevelFilter>) -> Targets {
    let rows = KNOWN.iter().filter_map(|row| Some((row.0, column(row)?)));
    rows.fold(Targets::from(others), |targets, (target, level)| {
        targets.target(target, level)
    })
}
