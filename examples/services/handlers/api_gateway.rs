//! Checks that the caller may read a profile, and gets the profile from the data service.
//!
//! It calls both services. It has no state.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use trace_core::{span, traced};

use crate::harness::failure::Failure;
use crate::harness::server::App;
use crate::http_client::CallError;
use crate::service::Service;

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/users/{user}", get(get_user))
}

async fn get_user(State(app): State<Arc<App>>, Path(user): Path<u64>) -> Result<String, Failure> {
    call_auth_service(&app, user).await?;
    span::add_log("user may read the profile");
    Ok(call_data_service(&app, user).await?)
}

#[traced("call_AuthService", kind = client)]
async fn call_auth_service(app: &App, user: u64) -> Result<String, CallError> {
    let path = format!("/tokens/{user}");
    app.call(Service::Auth, &path).await
}

#[traced("call_DataService", kind = client)]
async fn call_data_service(app: &App, user: u64) -> Result<String, CallError> {
    let path = format!("/profiles/{user}");
    app.call(Service::Data, &path).await
}
