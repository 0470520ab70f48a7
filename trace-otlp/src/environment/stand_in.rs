//! Stands in for the exporter until it exists. It takes spans and sends nothing.
//!
//! Has the names and methods that the exporter will have, so that only the `use` changes.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use trace_core::{Collector, SpanBatch};

/// How spans are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Protocol {
    #[default]
    HttpProtobuf,
    HttpJson,
    Grpc,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HttpProtobuf => "http/protobuf",
            Self::HttpJson => "http/json",
            Self::Grpc => "grpc",
        })
    }
}

/// How bodies are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Compression {
    #[default]
    None,
    Gzip,
    Zstd,
}

pub(crate) struct OtlpCollector;

pub(crate) struct OtlpCollectorBuilder;

impl OtlpCollector {
    pub(crate) fn builder(_endpoint: &str) -> OtlpCollectorBuilder {
        OtlpCollectorBuilder
    }
}

impl OtlpCollectorBuilder {
    pub(crate) fn traces_endpoint(self, _url: &str) -> Self {
        self
    }

    pub(crate) fn protocol(self, _protocol: Protocol) -> Self {
        self
    }

    pub(crate) fn header(self, _name: String, _value: String) -> Self {
        self
    }

    pub(crate) fn compression(self, _compression: Compression) -> Self {
        self
    }

    pub(crate) fn timeout(self, _timeout: Duration) -> Self {
        self
    }

    pub(crate) fn max_request_spans(self, _spans: usize) -> Self {
        self
    }

    pub(crate) fn max_retry_age(self, _age: Duration) -> Self {
        self
    }

    pub(crate) fn certificate(self, _path: PathBuf) -> Self {
        self
    }

    pub(crate) fn client_identity(self, _certificate: PathBuf, _key: PathBuf) -> Self {
        self
    }

    pub(crate) fn build(self) -> Result<OtlpCollector, std::convert::Infallible> {
        Ok(OtlpCollector)
    }
}

impl Collector for OtlpCollector {
    fn collect(&self, _batch: &SpanBatch<'_>) {}

    fn name(&self) -> &str {
        "otlp"
    }
}
