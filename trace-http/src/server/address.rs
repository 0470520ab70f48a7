//! The addresses of client and server: from the request, from the headers of proxies, and from
//! the connection.

use std::net::SocketAddr;

use http::header::{FORWARDED, HOST};
use http::{Extensions, HeaderMap, Uri};

use crate::host::{default_port, is_only_host, split_port};

/// The address of the other end of the connection, as an extension of the request.
///
/// axum's `ConnectInfo<SocketAddr>` is found automatically, and so is tonic's `TcpConnectInfo`
/// with the feature `tonic-server`. axum only has it if the router becomes a service by
/// `into_make_service_with_connect_info::<SocketAddr>()`. With another server, put this into
/// the extensions:
///
/// ```
/// use std::net::SocketAddr;
/// use trace_http::PeerAddress;
///
/// # let mut request = http::Request::new(());
/// let peer = SocketAddr::from(([192, 0, 2, 1], 4711)); // from `accept`
/// request.extensions_mut().insert(PeerAddress(peer));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddress(pub SocketAddr);

/// Returns the address of the other end of the connection, if it is known.
pub(super) fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    if let Some(PeerAddress(address)) = extensions.get() {
        return Some(*address);
    }
    #[cfg(feature = "axum")]
    if let Some(info) = extensions.get::<axum::extract::ConnectInfo<SocketAddr>>() {
        return Some(info.0);
    }
    #[cfg(feature = "tonic-server")]
    if let Some(address) = tonic_info::peer(extensions) {
        return Some(address);
    }
    None
}

/// Finds the address that tonic's server puts into the extensions.
#[cfg(feature = "tonic-server")]
mod tonic_info {
    use std::net::SocketAddr;

    use http::Extensions;

    pub(super) fn peer(extensions: &Extensions) -> Option<SocketAddr> {
        // tonic has the type for TLS only if one of its features for TLS is on. A glob import
        // takes precedence over names outside of the function. So the name is tonic's type if
        // it exists, and otherwise the type below.
        use tonic::transport::server::*;

        match extensions.get::<TcpConnectInfo>() {
            Some(info) => info.remote_addr(),
            None => extensions
                .get::<TlsConnectInfo<TcpConnectInfo>>()
                .and_then(|info| info.get_ref().remote_addr()),
        }
    }

    /// A type without values, in place of tonic's.
    #[allow(dead_code, reason = "tonic may have the type")]
    struct TlsConnectInfo<T>(std::convert::Infallible, std::marker::PhantomData<T>);

    #[allow(dead_code, reason = "tonic may have the type")]
    impl<T> TlsConnectInfo<T> {
        const fn get_ref(&self) -> &T {
            match self.0 {}
        }
    }
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

/// Returns the host and the port that the client requested. Without a port, it is that of the
/// scheme, which is what the client has recorded, too.
///
/// Source: OpenTelemetry semantic conventions 1.44, *Setting `server.address` and
/// `server.port` attributes*: "to be the same on the client and server sides".
pub(super) fn server<'a>(
    forwarded: &Forwarded<'a>,
    scheme: &str,
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
            let (name, port) = split_port(host);
            if name.is_empty() {
                return (None, None);
            }
            let default = is_only_host(host, name).then(|| default_port(scheme));
            (Some(name), port.or(default.flatten()))
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
        assert_eq!(server(&found, "http", &uri, &new), (Some("shop"), Some(1)));
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
            assert_eq!(
                server(&found, "http", &uri, &headers),
                (Some("shop"), Some(1))
            );
        }
    }
}
