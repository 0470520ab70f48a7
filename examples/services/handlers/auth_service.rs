//! Checks permissions.
//!
//! It checks tokens and fetches keys, and is asked over gRPC. It calls no other service.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::routing::post;
use http::Response;
use tonic::Status;
use tonic::body::Body;
use trace_core::{span, traced};

use crate::auth_proto::{self, Rights};
use crate::harness::app::App;
use crate::harness::fate::Fate;

pub fn routes() -> Router<Arc<App>> {
    Router::new().route(auth_proto::CHECK_TOKEN, post(check_token))
}

async fn check_token(State(app): State<Arc<App>>, request: Request) -> Response<Body> {
    auth_proto::answer(request, async |token| {
        if app.fate() == Fate::SlowKeys {
            fetch_keys(&app).await;
        }
        verify_token(&app, token.user).await?;
        Ok(Rights { may_read: true })
    })
    .await
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

impl From<TokenExpired> for Status {
    fn from(error: TokenExpired) -> Self {
        Self::unauthenticated(error.to_string())
    }
}
