//! The public edge: every trace begins here.
//!
//! It gets a profile from the gateway and renders it as a page. It does not check permissions.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use trace_core::traced;

use crate::harness::app::App;
use crate::harness::failure::{CallError, Failure};
use crate::service::Service;

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/users/{user}", get(user_page))
}

async fn user_page(State(app): State<Arc<App>>, Path(user): Path<u64>) -> Result<String, Failure> {
    let profile = call_api_gateway(&app, user).await?;
    Ok(render_page(&app, &profile).await)
}

#[traced("call_APIGateway")]
async fn call_api_gateway(app: &App, user: u64) -> Result<String, CallError> {
    let path = format!("/api/users/{user}");
    app.callees.get(Service::ApiGateway, &path).await
}

#[traced(tags(template = "user.html"))]
async fn render_page(app: &App, profile: &str) -> String {
    app.work("render", 2.0).await;
    format!("<h1>{profile}</h1>")
}
