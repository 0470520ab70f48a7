//! Where a signal other than traces goes.
//!
//! Its endpoint and headers have their own variables; everything else is as for spans.

use super::endpoint::Endpoint;
use super::error::EnvironmentError;
use super::features::Features;
use super::headers::headers;
use super::signal::Signal;
use super::variables::Variables;
use crate::Protocol;

/// Where requests of a signal go, if not to the same place as spans.
#[derive(Clone)]
pub(super) struct Target {
    /// `None` for the base URL of spans.
    pub(super) endpoint: Option<Endpoint>,
    /// `None` for the headers of spans. The values are secret.
    pub(super) headers: Option<Vec<(String, String)>>,
}

/// Variables that are read only for spans.
const NOT_READ: [&str; 7] = [
    "PROTOCOL",
    "COMPRESSION",
    "TIMEOUT",
    "CERTIFICATE",
    "CLIENT_CERTIFICATE",
    "CLIENT_KEY",
    "INSECURE",
];

impl Target {
    /// Reads the variables of a signal. `traces` is where spans go.
    ///
    /// # Errors
    ///
    /// If the endpoint is not a URL, or if this build cannot reach it.
    pub(super) fn read(
        variables: &mut Variables<'_>,
        features: Features,
        protocol: Protocol,
        traces: &Endpoint,
        signal: Signal,
    ) -> Result<Self, EnvironmentError> {
        for variable in NOT_READ.map(|name| signal.variable(name)) {
            if variables.text(&variable).is_some() {
                variables.warn(&variable, "is not read: it is as for spans");
            }
        }
        let mut is_set = |signal: Signal, name| variables.text(&signal.variable(name)).is_some();
        let has_endpoint = is_set(signal, "ENDPOINT");
        // Headers that are set only for spans may be secrets that another server must not see.
        let has_headers = is_set(signal, "HEADERS") || is_set(Signal::Traces, "HEADERS");
        let shares_base = matches!(traces, Endpoint::Base(_)) && !has_endpoint;
        let endpoint = match shares_base {
            true => None,
            false => Some(Endpoint::read(variables, features, protocol, signal)?),
        };
        Ok(Self {
            endpoint,
            headers: has_headers.then(|| headers(variables, signal)),
        })
    }

    /// Returns the whole URL of the endpoint, if it is not the base URL of the builder.
    pub(super) fn whole(&self, protocol: Protocol) -> Option<String> {
        match (self.endpoint.as_ref()?, protocol) {
            (endpoint, Protocol::Grpc) => Some(endpoint.url().origin()),
            (Endpoint::Whole(url), _) => Some(url.as_str().to_owned()),
            (Endpoint::Base(_), _) => None,
        }
    }

    /// Describes where requests go, without secrets. Empty if they go where spans go.
    pub(super) fn shown(&self, protocol: Protocol, path: &str) -> String {
        let place = self.endpoint.as_ref();
        let place = place.map(|endpoint| endpoint.shown(protocol, path));
        place
            .map(|place| format!(" to {place}"))
            .unwrap_or_default()
    }
}
