//! Makes profiles from rows. Retries a failed query if that may help.
//!
//! It owns the cache and the retry. It does not know why a query failed.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use http::StatusCode;
use trace_core::{span, traced};

use crate::harness::app::App;
use crate::harness::failure::{CallError, Failure};
use crate::harness::fate::Fate;
use crate::service::Service;

/// How often a row is requested before the request fails.
const ATTEMPTS: i64 = 2;

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/profiles/{user}", get(profile))
}

async fn profile(State(app): State<Arc<App>>, Path(user): Path<u64>) -> Result<String, Failure> {
    if let Some(profile) = look_up_cache(&app, user).await {
        return Ok(profile);
    }
    let mut attempt = 1;
    let row = loop {
        match call_database(&app, user, attempt).await {
            Err(error) if attempt < ATTEMPTS && is_temporary(&error) => {
                attempt += 1;
                span::add_log_with("asking again", &[("attempt", &attempt)]);
            }
            row => break row?,
        }
    };
    Ok(parse_row(&app, &row).await?)
}

/// Every tenth user is in the cache.
#[traced(tags(user.id = user))]
async fn look_up_cache(app: &App, user: u64) -> Option<String> {
    app.work("cache", 1.0).await;
    let is_hit = user.is_multiple_of(10) && app.fate() == Fate::Fine;
    span::add_tag("cache.hit", is_hit);
    span::add_log(if is_hit { "cache hit" } else { "cache miss" });
    is_hit.then(|| format!("User {user}"))
}

#[traced("call_Database", tags(attempt))]
async fn call_database(app: &App, user: u64, attempt: i64) -> Result<String, CallError> {
    let path = format!("/rows/{user}?attempt={attempt}");
    app.callees.get(Service::Database, &path).await
}

fn is_temporary(error: &CallError) -> bool {
    error.failure.status.is_server_error()
}

#[traced(tags(row.bytes = row.len()))]
async fn parse_row(app: &App, row: &str) -> Result<String, CorruptRow> {
    app.work("parse", 1.0).await;
    if app.fate() == Fate::CorruptRow {
        return Err(CorruptRow { column: "name" });
    }
    Ok(row.to_owned())
}

#[derive(Debug)]
struct CorruptRow {
    column: &'static str,
}

impl fmt::Display for CorruptRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column `{}` is corrupt", self.column)
    }
}

impl std::error::Error for CorruptRow {}

impl From<CorruptRow> for Failure {
    fn from(error: CorruptRow) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            message: error.to_string(),
        }
    }
}
