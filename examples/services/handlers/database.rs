//! Stores the rows.
//!
//! It runs queries, which may be slow or fail. It calls no other service.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use http::{StatusCode, Uri};
use trace_core::{span, traced};

use crate::harness::app::App;
use crate::harness::failure::Failure;
use crate::harness::fate::Fate;

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/rows/{user}", get(row))
}

async fn row(
    State(app): State<Arc<App>>,
    Path(user): Path<u64>,
    uri: Uri,
) -> Result<String, Failure> {
    let is_first = uri.query() == Some("attempt=1");
    Ok(run_query(&app, user, is_first).await?)
}

#[traced(tags(
    db.system.name = "other_sql",
    db.operation.name = "SELECT",
    db.collection.name = "users",
))]
async fn run_query(app: &App, user: u64, is_first: bool) -> Result<String, QueryError> {
    match app.fate() {
        Fate::Deadlock if is_first => {
            app.work("deadlock", 4.0).await;
            return Err(QueryError::Deadlock);
        }
        Fate::DatabaseDown => return Err(QueryError::StorageLost),
        Fate::SlowQuery => {
            span::add_log("no index: reading the whole table");
            app.work("slow query", 180.0).await;
        }
        Fate::ClientGivesUp => app.work("endless query", 1_000.0).await,
        _ => app.work("query", 8.0).await,
    }
    span::add_tag("db.response.returned_rows", 1);
    Ok(format!("User {user}"))
}

#[derive(Debug)]
enum QueryError {
    Deadlock,
    StorageLost,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deadlock => "deadlock",
            Self::StorageLost => "storage is lost",
        })
    }
}

impl std::error::Error for QueryError {}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            message: error.to_string(),
        }
    }
}
