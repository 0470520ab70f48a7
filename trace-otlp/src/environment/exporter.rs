//! `OTEL_EXPORTER_OTLP_*` and `OTEL_EXPORTER_OTLP_TRACES_*`: where the exporter sends spans.
//!
//! A variable with `TRACES` comes first. If its value counts as not set, the one without it
//! counts.
//!
//! Source: OpenTelemetry specification, *OpenTelemetry Protocol Exporter*.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::error::EnvironmentError;
use super::features::Features;
use super::list;
use super::url::{Url, without_secrets};
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
    certificate: Option<NamedFile>,
    /// The certificate of this client, and its key.
    identity: Option<(NamedFile, NamedFile)>,
}

#[derive(Clone)]
enum Endpoint {
    /// A URL to which HTTP adds `v1/traces`.
    Base(Url),
    /// A URL that is used as it is.
    Whole(Url),
}

/// A file, and the variable that names it.
#[derive(Clone)]
struct NamedFile {
    variable: String,
    path: PathBuf,
}

impl OtlpSettings {
    /// Reads the variables.
    ///
    /// # Errors
    ///
    /// If the endpoint is no URL, or one that this build cannot reach.
    pub(super) fn read(
        variables: &mut Variables<'_>,
        features: Features,
        default: Protocol,
    ) -> Result<Self, EnvironmentError> {
        let protocol = protocol(variables, features).unwrap_or(default);
        let compression = compression(variables, features).unwrap_or_default();
        let headers = headers(variables);
        let timeout = first(variables, "TIMEOUT", Variables::timeout);
        let certificate = file(variables, "CERTIFICATE");
        let identity = identity(variables);
        let endpoint = Endpoint::read(variables, features, protocol)?;
        let mut settings = Self {
            endpoint,
            protocol,
            headers,
            compression,
            timeout,
            certificate,
            identity,
        };
        settings.drop_unused_files(variables);
        Ok(settings)
    }

    #[cfg(test)]
    pub(super) fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// Without TLS nobody reads the files.
    fn drop_unused_files(&mut self, variables: &mut Variables<'_>) {
        if self.endpoint.url().is_secure() {
            return;
        }
        let identity = self.identity.take().map(|(certificate, _)| certificate);
        for file in self.certificate.take().into_iter().chain(identity) {
            let endpoint = &self.endpoint;
            let unused = format!("is not used, as the endpoint is not `https`: {endpoint}");
            variables.warn(&file.variable, unused);
        }
    }

    /// Returns the builder of the exporter.
    ///
    /// # Errors
    ///
    /// If a file cannot be read.
    pub(super) fn into_builder(self) -> Result<OtlpCollectorBuilder, EnvironmentError> {
        let mut builder = match (&self.endpoint, self.protocol) {
            // One path is all that there is.
            (endpoint, Protocol::Grpc) => OtlpCollector::builder(endpoint.url().origin()),
            (Endpoint::Base(url), _) => OtlpCollector::builder(url.as_str()),
            (Endpoint::Whole(url), _) => {
                OtlpCollector::builder(url.origin()).traces_endpoint(url.as_str())
            }
        };
        builder = builder
            .protocol(self.protocol)
            .compression(self.compression);
        for (name, value) in self.headers {
            builder = builder.header(name, value);
        }
        if let Some(timeout) = self.timeout {
            builder = builder.timeout(timeout);
        }
        if let Some(file) = self.certificate {
            builder = builder.certificate(file.checked()?);
        }
        if let Some((certificate, key)) = self.identity {
            builder = builder.client_identity(certificate.checked()?, key.checked()?);
        }
        Ok(builder)
    }
}

impl Endpoint {
    fn read(
        variables: &mut Variables<'_>,
        features: Features,
        protocol: Protocol,
    ) -> Result<Self, EnvironmentError> {
        let whole = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
        let base = "OTEL_EXPORTER_OTLP_ENDPOINT";
        let is_insecure = first(variables, "INSECURE", Variables::flag).unwrap_or(false);
        let (variable, text, is_whole) = match (variables.text(whole), variables.text(base)) {
            (Some(text), _) => (whole, text, true),
            (None, Some(text)) => (base, text, false),
            (None, None) => {
                let port = if protocol == Protocol::Grpc {
                    4317
                } else {
                    4318
                };
                (base, format!("http://localhost:{port}"), false)
            }
        };
        let url = match protocol {
            // Only here may the scheme be missing.
            Protocol::Grpc if !text.contains("://") => {
                let scheme = if is_insecure { "http" } else { "https" };
                Url::parse(&format!("{scheme}://{text}"))
            }
            _ => Url::parse(&text),
        };
        let Some(url) = url else {
            let shown = without_secrets(&text);
            let shown = trace_core::visible(&shown, 200);
            let expected = match protocol {
                Protocol::Grpc => "a URL such as `http://localhost:4317`",
                Protocol::HttpProtobuf | Protocol::HttpJson => {
                    "a URL such as `http://localhost:4318`"
                }
            };
            return Err(EnvironmentError::no_url(variable, &shown, expected));
        };
        if url.is_secure() && !features.tls {
            let expected = "a URL that begins with `http://`, or the feature `tls` of `trace-otlp`";
            return Err(EnvironmentError::no_url(
                variable,
                &url.to_string(),
                expected,
            ));
        }
        Ok(match is_whole {
            true => Self::Whole(url),
            false => Self::Base(url),
        })
    }

    fn url(&self) -> &Url {
        match self {
            Self::Base(url) | Self::Whole(url) => url,
        }
    }
}

impl NamedFile {
    /// Returns the path if the file can be read.
    fn checked(self) -> Result<PathBuf, EnvironmentError> {
        match std::fs::read(&self.path) {
            Ok(_) => Ok(self.path),
            Err(error) => Err(EnvironmentError::no_file(&self.variable, &self.path, error)),
        }
    }
}

/// Reads the variable with `TRACES`; if it counts as not set, the one without.
fn first<'a, T>(
    variables: &mut Variables<'a>,
    name: &str,
    read: impl Fn(&mut Variables<'a>, &str) -> Option<T>,
) -> Option<T> {
    let own = read(variables, &format!("OTEL_EXPORTER_OTLP_TRACES_{name}"));
    own.or_else(|| read(variables, &format!("OTEL_EXPORTER_OTLP_{name}")))
}

fn protocol(variables: &mut Variables<'_>, features: Features) -> Option<Protocol> {
    first(variables, "PROTOCOL", |variables, name| {
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
    first(variables, "COMPRESSION", |variables, name| {
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

/// Warns that a value needs a feature that this build lacks.
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

/// Reads the headers. One that cannot be sent is left out alone. No value is ever shown.
fn headers(variables: &mut Variables<'_>) -> Vec<(String, String)> {
    let found = first(variables, "HEADERS", |variables, name| {
        Some((name.to_owned(), variables.text(name)?))
    });
    let Some((variable, text)) = found else {
        return Vec::new();
    };
    let mut headers: Vec<(String, String)> = Vec::new();
    for (entry, number) in list::entries(&text).zip(1..) {
        match header(entry) {
            Ok(header) => {
                // The last one counts, as in a map.
                headers.retain(|(name, _)| *name != header.0);
                headers.push(header);
            }
            Err(expected) => {
                let problem =
                    format!("has an entry {number} that is left out; expected {expected}");
                variables.warn(&variable, problem);
            }
        }
    }
    headers
}

fn header(entry: &str) -> Result<(String, String), &'static str> {
    let (name, value) = list::pair(entry).ok_or("`name=value`, without commas in it")?;
    let name = list::percent_decoded(name).unwrap_or_else(|| name.to_owned());
    // Many write `100%` for what should be `100%25`.
    let value = list::percent_decoded(value).unwrap_or_else(|| value.to_owned());
    // Source: RFC 9110, *Tokens*.
    let is_of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_of_token) {
        return Err("a name of letters, digits and `-`");
    }
    if !value
        .bytes()
        .all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte))
    {
        return Err("a value of ASCII characters without controls");
    }
    Ok((name.to_ascii_lowercase(), value.trim().to_owned()))
}

fn file(variables: &mut Variables<'_>, name: &str) -> Option<NamedFile> {
    first(variables, name, |variables, name| {
        let path = variables.path(name)?;
        let variable = name.to_owned();
        Some(NamedFile { variable, path })
    })
}

fn identity(variables: &mut Variables<'_>) -> Option<(NamedFile, NamedFile)> {
    let certificate = file(variables, "CLIENT_CERTIFICATE");
    let key = file(variables, "CLIENT_KEY");
    match (certificate, key) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        (Some(alone), None) => {
            let needs = "is not used, as `OTEL_EXPORTER_OTLP_CLIENT_KEY` is not set";
            variables.warn(&alone.variable, needs);
            None
        }
        (None, Some(alone)) => {
            let needs = "is not used, as `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE` is not set";
            variables.warn(&alone.variable, needs);
            None
        }
    }
}

impl fmt::Display for Endpoint {
    /// Writes the URL to which spans are sent, without what may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base(url) => f.write_str(&url.shown_with("v1/traces")),
            Self::Whole(url) => url.fmt(f),
        }
    }
}

impl fmt::Display for OtlpSettings {
    /// Writes where spans go and how, without secrets: of headers only their names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.protocol {
            Protocol::Grpc => f.write_str(&self.endpoint.url().origin())?,
            Protocol::HttpProtobuf | Protocol::HttpJson => self.endpoint.fmt(f)?,
        }
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
        if self.certificate.is_some() {
            f.write_str(", a certificate of its own")?;
        }
        if self.identity.is_some() {
            f.write_str(", a client certificate")?;
        }
        Ok(())
    }
}
