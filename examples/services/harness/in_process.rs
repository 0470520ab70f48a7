//! All services in this process, each with its own socket and tracer.
//!
//! It starts and stops them in order. Their work is in `handlers/`.

use std::collections::HashMap;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;

use super::message::ServiceReport;
use super::options::Options;
use super::running::{RunningService, ServiceOptions};
use crate::collectors::Collectors;
use crate::service::Service;
use crate::tracers;

/// The services in this process, the callees first.
pub struct InProcess {
    services: Vec<RunningService>,
    pub addresses: HashMap<Service, SocketAddr>,
}

impl InProcess {
    pub async fn start(options: &Options, collectors: &Collectors) -> Result<Self, Box<dyn Error>> {
        let mut services = Vec::new();
        let mut addresses = HashMap::new();
        for service in Service::START_ORDER {
            let mut tracer = tracers::tracer(service, options)?;
            if options.back_at.is_none() {
                tracer.builder = tracer
                    .builder
                    .collector(collectors.traces.clone())
                    .collector(Arc::clone(&collectors.json));
            }
            let service_options = ServiceOptions {
                service,
                tracer: tracer.builder.build()?,
                head_sampler: tracer.head_sampler,
                exporter: tracer.exporter,
                fates: options.fates(),
                callees: addresses.clone(),
            };
            let running = RunningService::start(service_options).await?;
            addresses.insert(service, running.address);
            services.push(running);
        }
        Ok(Self {
            services,
            addresses,
        })
    }

    /// Stops the services, callers first, so that no service calls one that has stopped.
    pub async fn stop(self) -> Vec<ServiceReport> {
        let mut reports = Vec::new();
        for running in self.services.into_iter().rev() {
            reports.push(running.stop().await);
        }
        reports
    }
}
