//! The libraries. Each is set up as in its own docs, and does the same work.

use std::borrow::Cow;
use std::hint::black_box;
use std::sync::OnceLock;
use std::time::Duration;

use clap::ValueEnum;
use fastrace::prelude::{LocalSpan, Span, SpanContext};
use opentelemetry::trace::{TraceContextExt, Tracer as _, TracerProvider};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{Compression, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use trace_core::{Tracer, traced};
use trace_otlp::{OtlpCollector, Redaction};

/// Spans below each root.
const CHILDREN: i64 = 99;
/// Spans of a request, with its root.
pub const SPANS: u64 = 100;

/// A library, or no library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Peer {
    /// The functions without instrumentation
    Plain,
    TraceCore,
    Opentelemetry,
    Fastrace,
}

static OTEL: OnceLock<SdkTracer> = OnceLock::new();

/// Ends the recording: delivers the rest, and returns how many spans the library reports as
/// lost, if it reports that.
pub type End = Box<dyn FnOnce() -> Option<u64>>;

impl Peer {
    pub const RECORDING: [Self; 3] = [Self::TraceCore, Self::Opentelemetry, Self::Fastrace];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::TraceCore => "trace-otlp",
            Self::Opentelemetry => "opentelemetry-otlp",
            Self::Fastrace => "fastrace-opentelemetry",
        }
    }

    /// Sets the library up to send to `url`.
    pub fn set_up(self, url: &str, gzip: bool, redact: bool) -> End {
        match self {
            Self::Plain => Box::new(|| Some(0)),
            Self::TraceCore => {
                let mut otlp = OtlpCollector::builder(url);
                if gzip {
                    otlp = otlp.compression(trace_otlp::Compression::Gzip);
                }
                let otlp = otlp.build().expect("an exporter");
                let mut tracing = Tracer::builder("bench").collector(otlp.clone());
                if redact {
                    tracing = tracing.redact(Redaction::standard());
                }
                let tracing = tracing.install().expect("a tracer");
                Box::new(move || {
                    let _report = tracing.shutdown(Duration::from_secs(30));
                    let (stats, lost) = (tracing.stats(), otlp.stats());
                    Some(stats.dropped.total() + lost.spans_lost.total() + lost.spans_rejected)
                })
            }
            Self::Opentelemetry => {
                let provider = SdkTracerProvider::builder()
                    .with_batch_exporter(exporter(url, gzip))
                    .with_resource(Resource::builder().with_service_name("bench").build())
                    .build();
                OTEL.get_or_init(|| provider.tracer("bench"));
                Box::new(move || {
                    let _ended = provider.shutdown_with_timeout(Duration::from_secs(30));
                    None
                })
            }
            Self::Fastrace => {
                let reporter = fastrace_opentelemetry::OpenTelemetryReporter::new(
                    exporter(url, gzip),
                    Cow::Owned(Resource::builder().with_service_name("bench").build()),
                    InstrumentationScope::builder("bench").build(),
                );
                fastrace::set_reporter(reporter, fastrace::collector::Config::default());
                Box::new(|| {
                    fastrace::flush();
                    None
                })
            }
        }
    }

    /// One request: a root with 99 spans below it. Each span has two tags.
    pub fn request(self) {
        let each = |work: fn(i64) -> i64| {
            for id in 0..CHILDREN {
                black_box(work(black_box(id)));
            }
        };
        match self {
            Self::Plain => each(plain),
            Self::TraceCore => trace_core::root("request").run_sync(|| each(ours)),
            Self::Opentelemetry => {
                if let Some(tracer) = OTEL.get() {
                    tracer.in_span("request", |_| each(otel));
                }
            }
            Self::Fastrace => {
                let root = Span::root("request", SpanContext::random());
                let _entered = root.set_local_parent();
                each(fast);
            }
        }
    }
}

fn exporter(url: &str, gzip: bool) -> SpanExporter {
    let mut exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{url}/v1/traces"));
    if gzip {
        exporter = exporter.with_compression(Compression::Gzip);
    }
    exporter.build().expect("an exporter")
}

#[inline(never)]
fn plain(id: i64) -> i64 {
    black_box(id)
}

#[inline(never)]
#[traced("get_account", tags(account.id = id, http.route = "/accounts/{id}"))]
fn ours(id: i64) -> i64 {
    black_box(id)
}

#[inline(never)]
fn otel(id: i64) -> i64 {
    let Some(tracer) = OTEL.get() else {
        return id;
    };
    tracer.in_span("get_account", |context| {
        let span = context.span();
        span.set_attribute(KeyValue::new("account.id", id));
        span.set_attribute(KeyValue::new("http.route", "/accounts/{id}"));
        black_box(id)
    })
}

#[inline(never)]
fn fast(id: i64) -> i64 {
    let _span = LocalSpan::enter_with_local_parent("get_account").with_properties(|| {
        [
            ("account.id", Cow::from(id.to_string())),
            ("http.route", Cow::from("/accounts/{id}")),
        ]
    });
    black_box(id)
}
