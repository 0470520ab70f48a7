//! Checks that the caller may read a profile, and gets the profile from the data service.
//!
//! It calls both services. It has no state.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use trace_core::{span, traced};

use crate::auth_proto::{Rights, Token};
use crate::harness::app::App;
use crate::harness::failure::{CallError, Failure};
use crate::service::Service;

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/users/{user}", get(get_user))
}

async fn get_user(State(app): State<Arc<App>>, Path(user): Path<u64>) -> Result<String, Failure> {
    let rights = call_auth_service(&app, user).await?;
    span::add_log_with("rights are known", &[("may_read", &rights.may_read)]);
    Ok(call_data_service(&app, user).await?)
}

#[traced("call_AuthService")]
async fn call_auth_service(app: &App, user: u64) -> Result<Rights, CallError> {
    app.callees.check_token(Token { user }).await
}

#[traced("call_DataService")]
async fn call_data_service(app: &App, user: u64) -> Result<String, CallError> {
    let path = format!("/profiles/{user}");
    app.callees.get(Service::Data, &path).await
}
