//! Checks permissions.
//!
//! It checks tokens and fetches keys. It calls no other service.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use http::StatusCode;
use trace_core::{span, traced};

use crate::harness::failure::Failure;
use crate::harness::fate::Fate;
use crate::harness::server::App;

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/tokens/{user}", get(check_token))
}

async fn check_token(
    State(app): State<Arc<App>>,
    Path(user): Path<u64>,
) -> Result<String, Failure> {
    if app.fate() == Fate::SlowKeys {
        fetch_keys(&app).await;
    }
    verify_token(&app, user).await?;
    Ok("may read".to_owned())
}

#[traced(tags(keys = 2))]
async fn fetch_keys(app: &App) {
    span::add_log("the keys are too old");
    app.work("fetch keys", 130.0).await;
}

#[traced(tags(user.id = user))]
async fn verify_token(app: &App, user: u64) -> Result<(), TokenExpired> {
    app.work("verify", 3.0).await;
    if app.fate() == Fate::TokenExpired {
        return Err(TokenExpired { user });
    }
    Ok(())
}

#[derive(Debug)]
struct TokenExpired {
    user: u64,
}

impl fmt::Display for TokenExpired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the token of user {} has expired", self.user)
    }
}

impl std::error::Error for TokenExpired {}

impl From<TokenExpired> for Failure {
    fn from(error: TokenExpired) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            message: error.to_string(),
        }
    }
}
