//! `OTEL_EXPORTER_OTLP_*` and `OTEL_EXPORTER_OTLP_TRACES_*`: where the exporter sends spans.
//!
//! A variable with `TRACES` wins. If its value counts as not set, the variable without
//! `TRACES` is used.
//!
//! Source: OpenTelemetry specification, *OpenTelemetry Protocol Exporter*.

use std::fmt;
use std::time::Duration;

use super::endpoint::Endpoint;
use super::error::EnvironmentError;
use super::features::Features;
use super::headers::headers;
use super::logs::LogSettings;
use super::metrics::MetricSettings;
use super::signal::Signal;
use super::tls_files::TlsFiles;
use super::variables::Variables;
use crate::{Compression, OtlpCollector, OtlpCollectorBuilder, Protocol};

/// Where spans are sent, and how.
#[derive(Clone)]
pub(super) struct OtlpSettings {
    endpoint: Endpoint,
    protocol: Protocol,
    /// Names in lower case. The values are secret.
    headers: Vec<(String, String)>,
    compression: Compression,
    timeout: Option<Duration>,
    files: TlsFiles,
    /// `None` if all logs are span events.
    logs: Option<LogSettings>,
    /// `None` if metrics are not requested.
    metrics: Option<MetricSettings>,
}

impl OtlpSettings {
    /// Reads the variables.
    ///
    /// # Errors
    ///
    /// If the endpoint is not a URL, or if this build cannot reach it.
    pub(super) fn read(
        variables: &mut Variables<'_>,
        features: Features,
        default: Protocol,
    ) -> Result<Self, EnvironmentError> {
        let protocol = protocol(variables, features).unwrap_or(default);
        let compression = compression(variables, features).unwrap_or_default();
        let headers = headers(variables, Signal::Traces);
        let timeout = Signal::Traces.first(variables, "TIMEOUT", Variables::timeout);
        let files = TlsFiles::read(variables);
        let endpoint = Endpoint::read(variables, features, protocol, Signal::Traces)?;
        let logs = LogSettings::read(variables, features, protocol, &endpoint)?;
        let metrics = MetricSettings::read(variables, features, protocol, &endpoint)?;
        let mut settings = Self {
            endpoint,
            protocol,
            headers,
            compression,
            timeout,
            files,
            logs,
            metrics,
        };
        settings.drop_unused_files(variables);
        Ok(settings)
    }

    #[cfg(test)]
    pub(super) fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    #[cfg(test)]
    pub(super) fn log_headers(&self) -> Option<&[(String, String)]> {
        self.logs.as_ref()?.target.headers.as_deref()
    }

    /// Returns the endpoints of those signals other than traces that have their own.
    fn others(&self) -> impl Iterator<Item = &Endpoint> {
        let logs = self.logs.iter().map(|logs| &logs.target);
        let metrics = self.metrics.iter().map(|metrics| &metrics.target);
        logs.chain(metrics)
            .filter_map(|target| target.endpoint.as_ref())
    }

    /// Drops the files, with a warning, if no endpoint uses TLS.
    fn drop_unused_files(&mut self, variables: &mut Variables<'_>) {
        let is_secure = |endpoint: &Endpoint| endpoint.url().is_secure();
        if is_secure(&self.endpoint) || self.others().any(is_secure) {
            return;
        }
        let endpoint = self.endpoint.shown(Protocol::HttpProtobuf, "v1/traces");
        for variable in self.files.take() {
            let unused = format!("is not used, as the endpoint is not `https`: {endpoint}");
            variables.warn(&variable, unused);
        }
    }

    /// Returns the builder of the exporter.
    ///
    /// # Errors
    ///
    /// If a file cannot be used.
    pub(super) fn into_builder(self) -> Result<OtlpCollectorBuilder, EnvironmentError> {
        let mut builder = match (&self.endpoint, self.protocol) {
            // gRPC fixes the path, so only the origin is needed.
            (endpoint, Protocol::Grpc) => OtlpCollector::builder(endpoint.url().origin()),
            (Endpoint::Base(url), _) => OtlpCollector::builder(url.as_str()),
            (Endpoint::Whole(url), _) => {
                // Another signal may use the base URL.
                let mut bases = self.others().filter_map(|endpoint| match endpoint {
                    Endpoint::Base(base) => Some(base.as_str().to_owned()),
                    Endpoint::Whole(_) => None,
                });
                let base = bases.next().unwrap_or_else(|| url.origin());
                OtlpCollector::builder(base).traces_endpoint(url.as_str())
            }
        };
        if let Some(logs) = self.logs {
            builder = logs.apply(builder, self.protocol);
        }
        if let Some(metrics) = self.metrics {
            builder = metrics.apply(builder, self.protocol);
        }
        builder = builder
            .protocol(self.protocol)
            .compression(self.compression);
        for (name, value) in self.headers {
            builder = builder.header(name, value);
        }
        if let Some(timeout) = self.timeout {
            builder = builder.timeout(timeout);
        }
        self.files.apply(builder)
    }
}

fn protocol(variables: &mut Variables<'_>, features: Features) -> Option<Protocol> {
    Signal::Traces.first(variables, "PROTOCOL", |variables, name| {
        let expected = "one of http/protobuf, http/json, grpc";
        let protocol = variables.parsed(name, expected, |text| {
            match text.to_ascii_lowercase().as_str() {
                "http/protobuf" => Some(Protocol::HttpProtobuf),
                "http/json" => Some(Protocol::HttpJson),
                "grpc" => Some(Protocol::Grpc),
                _ => None,
            }
        })?;
        match features.missing_for(protocol) {
            None => Some(protocol),
            Some(feature) => without_feature(variables, name, &protocol.to_string(), feature),
        }
    })
}

fn compression(variables: &mut Variables<'_>, features: Features) -> Option<Compression> {
    Signal::Traces.first(variables, "COMPRESSION", |variables, name| {
        let expected = "one of none, gzip, zstd";
        let compression = variables.parsed(name, expected, |text| {
            match text.to_ascii_lowercase().as_str() {
                "none" => Some(Compression::None),
                "gzip" => Some(Compression::Gzip),
                "zstd" => Some(Compression::Zstd),
                _ => None,
            }
        })?;
        match features.missing_for_compression(compression) {
            None => Some(compression),
            Some(feature) => without_feature(variables, name, feature, feature),
        }
    })
}

/// Warns that a value needs a feature that this build does not have.
fn without_feature<T>(
    variables: &mut Variables<'_>,
    name: &str,
    value: &str,
    feature: &str,
) -> Option<T> {
    let problem = format!(
        "is `{value}`, which needs the feature `{feature}` of `trace-otlp`; it counts as not set"
    );
    variables.warn(name, problem);
    None
}

impl fmt::Display for OtlpSettings {
    /// Writes where spans go and how, without secrets. Of headers, it writes only the names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.endpoint.shown(self.protocol, "v1/traces"))?;
        write!(f, " by {}", self.protocol)?;
        match self.compression {
            Compression::Gzip => f.write_str(", gzip")?,
            Compression::Zstd => f.write_str(", zstd")?,
            Compression::None => {}
        }
        if let Some(timeout) = self.timeout {
            write!(f, ", timeout {timeout:?}")?;
        }
        for (start, (name, _)) in std::iter::once(", headers ")
            .chain(std::iter::repeat(" "))
            .zip(&self.headers)
        {
            write!(f, "{start}{name}")?;
        }
        write!(f, "{}", self.files)?;
        if let Some(logs) = &self.logs {
            write!(f, ", {}", logs.shown(self.protocol))?;
        }
        if let Some(metrics) = &self.metrics {
            write!(f, ", {}", metrics.shown(self.protocol))?;
        }
        Ok(())
    }
}
