//! The tracers: one for each service.
//!
//! It owns their common options, and the sampler of the service in which traces begin.
//! Collectors are added where the service is started, in this process or in another one.

use std::time::Duration;

use trace_core::{HeadSampler, Tracer, TracerBuilder};

use crate::harness::options::Options;
use crate::service::Service;

/// The delay of delivery. It is short, so that trees are printed while requests run.
const DELAY: Duration = Duration::from_millis(25);

/// Returns the tracer of a service, without collectors. Also returns its sampler if traces
/// begin in this service. All other services follow their callers.
pub fn tracer(service: Service, options: &Options) -> (TracerBuilder, Option<HeadSampler>) {
    let builder = Tracer::builder(service.name())
        .scheduled_delay(DELAY)
        .tag("service.version", env!("CARGO_PKG_VERSION"))
        .tag("process.pid", i64::from(std::process::id()));
    // The options were already checked with the sampler's own limits.
    let head = (service == Service::Frontend).then(|| HeadSampler::new(options.sample_rate).ok());
    match head.flatten() {
        Some(sampler) => (builder.sampler(sampler.clone()), Some(sampler)),
        None => (builder, None),
    }
}
