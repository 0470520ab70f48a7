//! The tracers: one for each service.
//!
//! It owns what they have in common, and the sampler where traces begin. Collectors are
//! added where the service is started, which is in this process or in another one.

use std::time::Duration;

use trace_core::{HeadSampler, Tracer, TracerBuilder};

use crate::harness::options::Options;
use crate::service::Service;

/// How long spans are gathered: short, so that trees are printed while requests run.
const DELAY: Duration = Duration::from_millis(25);

/// The tracer of a service, without collectors, and the sampler in it where traces
/// begin. All other services record what their callers record.
pub fn tracer(service: Service, options: &Options) -> (TracerBuilder, Option<HeadSampler>) {
    let builder = Tracer::builder(service.name())
        .scheduled_delay(DELAY)
        .tag("service.version", env!("CARGO_PKG_VERSION"))
        .tag("process.pid", i64::from(std::process::id()));
    // The options were read with the sampler's own limits.
    let head = (service == Service::Frontend).then(|| HeadSampler::new(options.sample_rate).ok());
    match head.flatten() {
        Some(sampler) => (builder.sampler(sampler.clone()), Some(sampler)),
        None => (builder, None),
    }
}
