//! The URL of a server, and its form without secrets.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::uri::{PathAndQuery, Uri};

use super::error::OtlpError;

/// Where requests go.
#[derive(Clone)]
pub(super) struct Endpoint {
    /// Without user info.
    pub(super) uri: Uri,
    /// The header that carries the URL's user info.
    pub(super) authorization: Option<HeaderValue>,
    /// Scheme, host, port and path: neither user info nor the query.
    shown: String,
}

impl Endpoint {
    /// Reads a base URL, and adds `path` to its path.
    pub(super) fn from_base(url: &str, path: &str) -> Result<Self, OtlpError> {
        Self::read(url, Some(path))
    }

    /// Reads a URL that is used as it is.
    pub(super) fn from_whole(url: &str) -> Result<Self, OtlpError> {
        Self::read(url, None)
    }

    fn read(url: &str, path: Option<&str>) -> Result<Self, OtlpError> {
        let error = || {
            OtlpError::new(format!(
                "the endpoint `{}` is no URL of a server; expected one such as `http://localhost:4318`",
                without_secrets(url)
            ))
        };
        let uri: Uri = url.trim().parse().map_err(|_| error())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(error());
        };
        let text = authority.as_str();
        let (user_info, host) = match text.rsplit_once('@') {
            Some((user_info, host)) => (Some(user_info), host),
            None => (None, text),
        };
        // The crate `http` accepts any text as a port.
        let port = host.rsplit_once(':');
        let has_port = port.is_some_and(|(_, port)| !port.contains(']'));
        let is_port_bad = has_port && authority.port_u16().is_none();
        let is_known = matches!(scheme, "http" | "https");
        if !is_known || is_port_bad || authority.host().is_empty() {
            return Err(error());
        }
        let own_path = match (uri.path(), path) {
            (own, Some(path)) => format!("{}{path}", own.trim_end_matches('/')),
            (own, None) => own.to_owned(),
        };
        let shown = format!("{scheme}://{host}{own_path}");
        let with_query = match uri.query() {
            Some(query) => format!("{own_path}?{query}"),
            None => own_path,
        };
        let with_query: PathAndQuery = with_query.parse().map_err(|_| error())?;
        let uri = Uri::builder().scheme(scheme).authority(host);
        let uri = uri.path_and_query(with_query).build();
        Ok(Self {
            uri: uri.map_err(|_| error())?,
            authorization: user_info.and_then(basic_authorization),
            shown,
        })
    }

    pub(super) fn is_tls(&self) -> bool {
        self.uri.scheme_str() == Some("https")
    }
}

/// Returns whether requests can go to a URL.
pub(crate) fn is_url(text: &str) -> bool {
    Endpoint::from_whole(text).is_ok()
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// Makes the header that carries a URL's user info.
///
/// Source: RFC 7617, *The 'Basic' HTTP Authentication Scheme*.
fn basic_authorization(user_info: &str) -> Option<HeaderValue> {
    let mut plain = percent_encoding::percent_decode_str(user_info).collect::<Vec<u8>>();
    if !user_info.contains(':') {
        plain.push(b':');
    }
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(plain))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Removes parts that may be secret from a text that should be a URL.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let shown = match (url.rsplit_once('@'), url.split_once("://")) {
        (None, _) => url.to_owned(),
        (Some((_, host)), Some((scheme, _))) => format!("{scheme}://{host}"),
        (Some((_, host)), None) => host.to_owned(),
    };
    trace_core::visible(&shown, 200).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> String {
        match Endpoint::from_base(url, "/v1/traces") {
            Ok(endpoint) => format!("{} {endpoint}", endpoint.uri),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_path_is_added_to_a_base() {
        let both = |url: &str| format!("{url} {url}");
        let local = both("http://localhost:4318/v1/traces");
        assert_eq!(read("http://localhost:4318"), local);
        assert_eq!(read(" http://localhost:4318/ "), local);
        assert_eq!(
            read("https://api.example/otlp/"),
            both("https://api.example/otlp/v1/traces")
        );
        assert_eq!(
            read("http://[::1]:4318"),
            both("http://[::1]:4318/v1/traces")
        );
        let whole = Endpoint::from_whole("http://localhost/api/spans").unwrap();
        assert_eq!(whole.uri, "http://localhost/api/spans");
        assert_eq!(
            Endpoint::from_whole("http://localhost").unwrap().uri,
            "http://localhost/"
        );
    }

    #[test]
    fn secrets_are_sent_and_not_shown() {
        assert_eq!(
            read("https://host.example/x?key=s3cret"),
            "https://host.example/x/v1/traces?key=s3cret https://host.example/x/v1/traces"
        );
        let endpoint = Endpoint::from_whole("http://me:s%40cret@host.example/").unwrap();
        assert_eq!(endpoint.to_string(), "http://host.example/");
        assert_eq!(endpoint.uri, "http://host.example/");
        let header = endpoint.authorization.unwrap();
        assert!(header.is_sensitive());
        assert_eq!(header, format!("Basic {}", STANDARD.encode("me:s@cret")));
    }

    #[test]
    fn what_is_no_url_is_named_without_its_secrets() {
        for url in [
            "",
            "localhost:4318",
            "/v1/traces",
            "ftp://me:s3cret@host/?key=s3cret",
            "unix:/run/otlp",
            "http://",
            "http://a b?key=s3cret",
            "http://me:s3cret@",
            "http://me:s3cret@host:port",
        ] {
            let said = read(url);
            assert!(said.contains("is no URL"), "{url}: {said}");
            assert!(!said.contains("s3cret"), "{url}: {said}");
        }
    }
}
