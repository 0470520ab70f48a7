//! The tracers: one for each service.
//!
//! It owns their common options, the sampler of the service in which traces begin, and what
//! sends spans. Other collectors are added where the service is started.

use std::time::Duration;

use trace_core::{HeadSampler, Tracer, TracerBuilder};
use trace_otlp::{OtlpCollector, OtlpError};

use crate::harness::options::Options;
use crate::service::Service;

/// The delay of delivery. It is short, so that trees are printed while requests run.
const DELAY: Duration = Duration::from_millis(25);

/// The tracer of a service, and what is asked at its end.
pub struct ServiceTracer {
    pub builder: TracerBuilder,
    /// The sampler, if traces begin in this service. All other services follow their callers.
    pub head_sampler: Option<HeadSampler>,
    /// What sends the spans to the server of `--to`.
    pub exporter: Option<OtlpCollector>,
}

/// Returns the tracer of a service.
pub fn tracer(service: Service, options: &Options) -> Result<ServiceTracer, OtlpError> {
    let builder = Tracer::builder(service.name())
        .scheduled_delay(DELAY)
        .tag("service.version", env!("CARGO_PKG_VERSION"))
        .tag("process.pid", i64::from(std::process::id()));
    // The options were already checked with the sampler's own limits.
    let head = (service == Service::Frontend).then(|| HeadSampler::new(options.sample_rate).ok());
    let head_sampler = head.flatten();
    let exporter = exporter(options)?;
    let mut builder = builder;
    if let Some(sampler) = &head_sampler {
        builder = builder.sampler(sampler.clone());
    }
    if let Some(exporter) = &exporter {
        builder = builder.collector(exporter.clone());
    }
    Ok(ServiceTracer {
        builder,
        head_sampler,
        exporter,
    })
}

/// Makes what sends spans to the server of `--to`, if there is one.
pub fn exporter(options: &Options) -> Result<Option<OtlpCollector>, OtlpError> {
    let builder = options.to.as_ref().map(OtlpCollector::builder);
    let builder = builder.map(|builder| builder.protocol(options.protocol));
    builder.map(|builder| builder.build()).transpose()
}
