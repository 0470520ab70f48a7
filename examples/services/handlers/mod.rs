//! The work of the five services: plain code with attributes.
//!
//! Each file has the paths of one service and the functions behind them. They do not know
//! headers, servers or collectors.

pub mod api_gateway;
pub mod auth_service;
pub mod data_service;
pub mod database;
pub mod frontend;

use std::sync::Arc;

use axum::Router;

use crate::harness::app::App;
use crate::service::Service;

/// The paths that a service answers.
pub fn routes(service: Service) -> Router<Arc<App>> {
    match service {
        Service::Frontend => frontend::routes(),
        Service::ApiGateway => api_gateway::routes(),
        Service::Auth => auth_service::routes(),
        Service::Data => data_service::routes(),
        Service::Database => database::routes(),
    }
}
