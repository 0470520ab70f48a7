//! `OTEL_EXPORTER_OTLP_ENDPOINT` and its variants for signals: where requests go.

use super::error::EnvironmentError;
use super::features::Features;
use super::signal::Signal;
use super::url::{Url, without_secrets};
use super::variables::Variables;
use crate::Protocol;

/// Where the requests of a signal go.
#[derive(Clone)]
pub(super) enum Endpoint {
    /// A URL to which HTTP adds `v1/traces` or the path of another signal.
    Base(Url),
    /// A URL that is used as it is.
    Whole(Url),
}

impl Endpoint {
    /// Reads the endpoint of a signal.
    ///
    /// # Errors
    ///
    /// If it is not a URL, or if this build cannot reach it.
    pub(super) fn read(
        variables: &mut Variables<'_>,
        features: Features,
        protocol: Protocol,
        signal: Signal,
    ) -> Result<Self, EnvironmentError> {
        let whole = signal.variable("ENDPOINT");
        let whole = whole.as_str();
        let base = "OTEL_EXPORTER_OTLP_ENDPOINT";
        let is_insecure = signal
            .first(variables, "INSECURE", Variables::flag)
            .unwrap_or(false);
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
            // Only with gRPC may the scheme be missing.
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

    pub(super) fn url(&self) -> &Url {
        match self {
            Self::Base(url) | Self::Whole(url) => url,
        }
    }
}

impl Endpoint {
    /// Writes the URL to which a signal is sent, without parts that may be secret.
    pub(super) fn shown(&self, protocol: Protocol, path: &str) -> String {
        match (protocol, self) {
            (Protocol::Grpc, _) => self.url().origin(),
            (_, Self::Base(url)) => url.shown_with(path),
            (_, Self::Whole(url)) => url.to_string(),
        }
    }
}
