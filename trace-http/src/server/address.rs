//! The addresses of client and server: from the request, from the headers of proxies, and from
//! the connection.

use std::net::SocketAddr;

use http::header::{FORWARDED, HOST};
use http::{Extensions, HeaderMap, Uri};

use crate::host::split_port;

/// The address of the other end of the connection. If this crate does not know the server, put
/// this into the extensions of the request. axum's `ConnectInfo<SocketAddr>` is found
/// automatically.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddress(pub SocketAddr);

/// Returns the address of the other end of the connection, if it is known.
pub(super) fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    if let Some(PeerAddress(address)) = extensions.get() {
        return Some(*address);
    }
    #[cfg(feature = "axum")]
    {
        let info = extensions.get::<axum::extract::ConnectInfo<SocketAddr>>();
        info.map(|info| info.0)
    }
    #[cfg(not(feature = "axum"))]
    None
}

/// The values from the headers of proxies.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Forwarded<'a> {
    pub(super) client: Option<&'a str>,
    pub(super) host: Option<&'a str>,
    pub(super) scheme: Option<&'a str>,
}

impl<'a> Forwarded<'a> {
    /// Reads the first value of each header, which comes from the proxy next to the client.
    ///
    /// Source: Forwarded HTTP Extension (RFC 7239).
    pub(super) fn from_headers(headers: &'a HeaderMap) -> Self {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let first = |name: &str| {
            let first = text(name)?.split(',').next()?.trim();
            (!first.is_empty()).then_some(first)
        };
        let mut found = Self {
            client: first("x-forwarded-for"),
            host: first("x-forwarded-host"),
            scheme: first("x-forwarded-proto"),
        };
        let standard = text(FORWARDED.as_str()).unwrap_or_default();
        let first = split_unquoted(standard, ',').next().unwrap_or_default();
        for pair in split_unquoted(first, ';') {
            let Some((key, value)) = pair.split_once('=') else {
                continue;
            };
            let value = value.trim().trim_matches('"');
            let place = match key.trim().to_ascii_lowercase().as_str() {
                "for" => &mut found.client,
                "host" => &mut found.host,
                "proto" => &mut found.scheme,
                _ => continue,
            };
            if !value.is_empty() {
                *place = Some(value);
            }
        }
        found.client = found.client.map(|client| split_port(client).0);
        found
    }
}

/// Splits a text at a character, except in quotes. In quotes, a backslash escapes the next
/// character.
fn split_unquoted(text: &str, at: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |character| {
        if is_escaped {
            is_escaped = false;
        } else if character == '"' {
            is_quoted = !is_quoted;
        } else if is_quoted {
            is_escaped = character == '\\';
        } else {
            return character == at;
        }
        false
    })
}

/// Returns the host and the port that the client requested.
pub(super) fn server<'a>(
    forwarded: &Forwarded<'a>,
    uri: &'a Uri,
    headers: &'a HeaderMap,
) -> (Option<&'a str>, Option<u16>) {
    let host = || headers.get(HOST)?.to_str().ok();
    let authority = || uri.authority().map(http::uri::Authority::as_str);
    match forwarded.host.or_else(authority).or_else(host) {
        Some(authority) => {
            // An address may contain credentials.
            let host = authority
                .rsplit_once('@')
                .map_or(authority, |(_, host)| host);
            let (host, port) = split_port(host);
            ((!host.is_empty()).then_some(host), port)
        }
        None => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_proxy_is_next_to_the_client() {
        let headers = |pairs: &[(&'static str, &str)]| {
            let pairs = pairs.iter();
            let pairs = pairs.map(|(name, value)| {
                let name = http::HeaderName::from_static(name);
                (name, value.parse().unwrap())
            });
            pairs.collect::<HeaderMap>()
        };
        let old = headers(&[
            ("x-forwarded-for", "203.0.113.7:4711, 10.0.0.1"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "shop.example"),
        ]);
        let found = Forwarded::from_headers(&old);
        assert_eq!(found.client, Some("203.0.113.7"));
        assert_eq!(found.host, Some("shop.example"));
        assert_eq!(found.scheme, Some("https"));

        let new = headers(&[(
            "forwarded",
            "For=\"[2001:db8::1]:80\";proto=https;host=\"shop:1\", for=10.0.0.1",
        )]);
        let found = Forwarded::from_headers(&new);
        assert_eq!(found.client, Some("2001:db8::1"));
        let uri = Uri::from_static("/a");
        assert_eq!(server(&found, &uri, &new), (Some("shop"), Some(1)));
        let nothing = headers(&[("forwarded", ";;=,")]);
        assert_eq!(Forwarded::from_headers(&nothing).host, None);

        let quoted = headers(&[(
            "forwarded",
            r#"for="_a,\"b;c";host="shop";proto=https, for=10.0.0.1;host=other"#,
        )]);
        let found = Forwarded::from_headers(&quoted);
        assert_eq!(found.client, Some(r#"_a,\"b;c"#));
        assert_eq!(found.host, Some("shop"));
        assert_eq!(found.scheme, Some("https"));
    }

    #[test]
    fn a_host_that_is_empty_is_none() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "shop:1".parse().unwrap());
        for empty in ["host=\"\"", "host=;proto=https", "for=a;host="] {
            headers.insert(FORWARDED, empty.parse().unwrap());
            let found = Forwarded::from_headers(&headers);
            let uri = Uri::from_static("/a");
            assert_eq!(server(&found, &uri, &headers), (Some("shop"), Some(1)));
        }
    }
}
