//! All services in this process, each with its own server and tracer.
//!
//! It starts and stops them in order. Their work is in `handlers/`.

use std::collections::HashMap;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;

use super::message::ServiceReport;
use super::options::Options;
use super::server::{Server, ServerOptions};
use crate::collectors::Collectors;
use crate::handlers;
use crate::service::Service;
use crate::tracers;

/// The services in this process, the callees first.
pub struct InProcess {
    servers: Vec<Server>,
    pub addresses: HashMap<Service, SocketAddr>,
}

impl InProcess {
    pub async fn start(options: &Options, collectors: &Collectors) -> Result<Self, Box<dyn Error>> {
        let mut servers = Vec::new();
        let mut addresses = HashMap::new();
        for service in Service::START_ORDER {
            let (tracer, head_sampler) = tracers::tracer(service, options);
            let tracer = tracer
                .collector(collectors.traces.clone())
                .collector(Arc::clone(&collectors.json))
                .build()?;
            let server_options = ServerOptions {
                service,
                tracer,
                head_sampler,
                fates: options.fates(),
                callees: addresses.clone(),
            };
            let server = Server::start(server_options, handlers::routes(service)).await?;
            addresses.insert(service, server.address);
            servers.push(server);
        }
        Ok(Self { servers, addresses })
    }

    /// Stops the services, callers first, so that no service calls one that has stopped.
    pub async fn stop(self) -> Vec<ServiceReport> {
        let mut reports = Vec::new();
        for server in self.servers.into_iter().rev() {
            reports.push(server.stop().await);
        }
        reports
    }
}
