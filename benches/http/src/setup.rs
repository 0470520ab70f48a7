//! Recorders, each with an exporter that counts spans and throws them away.

use std::sync::atomic::{AtomicU64, Ordering};

use clap::ValueEnum;

use crate::variant::Variant;

/// What the caller decides, or our sampler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sampling {
    /// The caller sends a context that is sampled.
    Sampled,
    /// The caller sends one that is not.
    NotSampled,
    /// No context comes, and the sampler refuses all.
    RateZero,
}

impl Sampling {
    pub const ALL: [Self; 3] = [Self::Sampled, Self::NotSampled, Self::RateZero];

    /// Returns the `traceparent` of a request.
    pub const fn traceparent(self) -> Option<&'static str> {
        match self {
            Self::Sampled => Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            Self::NotSampled => Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"),
            Self::RateZero => None,
        }
    }
}

static EXPORTED: AtomicU64 = AtomicU64::new(0);

/// What keeps a recorder at work.
pub enum Recorder {
    None,
    Ours(trace_core::TracerGuard),
    OpenTelemetry(opentelemetry_sdk::trace::SdkTracerProvider),
    Fastrace,
}

impl Recorder {
    /// Installs what a variant records with.
    pub fn install(
        variant: Variant,
        sampling: Sampling,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        Ok(match variant {
            Variant::Plain | Variant::Empty => Self::None,
            Variant::TraceHttp | Variant::BareTraceHttp => Self::Ours(ours(sampling)?),
            Variant::TowerHttp | Variant::BareTowerHttp | Variant::AxumTracing => {
                Self::OpenTelemetry(open_telemetry(sampling)?)
            }
            Variant::FastraceAxum => {
                fastrace::set_reporter(Counting, fastrace::collector::Config::default());
                Self::Fastrace
            }
        })
    }

    /// Delivers what is left; returns how many spans were exported.
    pub fn finish(self) -> u64 {
        match self {
            Self::None => {}
            Self::Ours(guard) => drop(guard),
            Self::OpenTelemetry(provider) => {
                let _ = provider.force_flush();
            }
            Self::Fastrace => fastrace::flush(),
        }
        EXPORTED.load(Ordering::Relaxed)
    }
}

fn ours(sampling: Sampling) -> Result<trace_core::TracerGuard, trace_core::InstallError> {
    let builder = trace_core::Tracer::builder("hello").collector(Counting);
    match sampling {
        Sampling::RateZero => builder.sampler(trace_core::AlwaysOff).install(),
        _ => builder
            .sampler(trace_core::ParentBased::new(trace_core::AlwaysOn))
            .install(),
    }
}

fn open_telemetry(
    sampling: Sampling,
) -> Result<opentelemetry_sdk::trace::SdkTracerProvider, Box<dyn std::error::Error>> {
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_sdk::propagation::TraceContextPropagator;
    use opentelemetry_sdk::trace::{BatchSpanProcessor, Sampler, SdkTracerProvider};
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::util::SubscriberInitExt;

    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let sampler = match sampling {
        Sampling::RateZero => Sampler::AlwaysOff,
        _ => Sampler::ParentBased(Box::new(Sampler::AlwaysOn)),
    };
    let provider = SdkTracerProvider::builder()
        .with_sampler(sampler)
        .with_span_processor(BatchSpanProcessor::builder(Counting).build())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("hello"));
    tracing_subscriber::registry().with(layer).try_init()?;
    Ok(provider)
}

/// Counts spans.
#[derive(Debug)]
struct Counting;

impl trace_core::Collector for Counting {
    fn collect(&self, batch: &trace_core::SpanBatch<'_>) {
        EXPORTED.fetch_add(batch.len() as u64, Ordering::Relaxed);
    }
}

impl opentelemetry_sdk::trace::SpanExporter for Counting {
    async fn export(
        &self,
        batch: Vec<opentelemetry_sdk::trace::SpanData>,
    ) -> opentelemetry_sdk::error::OTelSdkResult {
        EXPORTED.fetch_add(batch.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}

impl fastrace::collector::Reporter for Counting {
    fn report(&mut self, spans: Vec<fastrace::collector::SpanRecord>) {
        EXPORTED.fetch_add(spans.len() as u64, Ordering::Relaxed);
    }
}
