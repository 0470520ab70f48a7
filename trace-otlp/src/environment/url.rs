//! Parses URLs of endpoints, and shows them without secrets.
//!
//! Supports only what an endpoint needs: `http` or `https`, a host, and optionally a port and
//! a path.
//!
//! Source: RFC 3986, *Generic Syntax*.

use std::fmt;

use crate::export::is_url;

/// A checked URL.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Url {
    /// The URL as it was given, with a path and the scheme in lower case.
    text: String,
    is_secure: bool,
    /// Host and port, without the user.
    place: String,
    /// Starts with `/`; without the query.
    path: String,
}

impl Url {
    /// Reads a URL; `None` if the text is not one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let is_secure = match scheme.as_str() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        // A fragment cannot be sent.
        if !rest
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'#')
        {
            return None;
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path_and_query) = rest.split_at_checked(end)?;
        let place = authority.rsplit('@').next().unwrap_or(authority);
        if !is_place(place) {
            return None;
        }
        let path = path_and_query.split('?').next().unwrap_or("");
        let root = if path.is_empty() { "/" } else { "" };
        let query = path_and_query.strip_prefix(path).unwrap_or("");
        let text = format!("{scheme}://{authority}{path}{root}{query}");
        // The exporter's own check, whose error would not name the variable.
        if !is_url(&text) {
            return None;
        }
        Some(Self {
            text,
            is_secure,
            place: place.to_owned(),
            path: format!("{path}{root}"),
        })
    }

    /// Returns the URL. It may have secrets.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether it is `https`.
    pub(super) fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Returns the URL without path, query and user.
    pub(super) fn origin(&self) -> String {
        let scheme = if self.is_secure { "https" } else { "http" };
        format!("{scheme}://{}", self.place)
    }

    /// Returns the URL without parts that may be secret, and with `path` added to its path.
    pub(super) fn shown_with(&self, path: &str) -> String {
        let folder = self.path.strip_suffix('/').unwrap_or(&self.path);
        format!("{}{folder}/{path}", self.origin())
    }
}

impl fmt::Display for Url {
    /// Writes the URL without user, password and query, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin(), self.path)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({self})")
    }
}

/// Returns whether the text is `host` or `host:port`, where the host may be an address in
/// brackets.
fn is_place(place: &str) -> bool {
    let (host, port) = match place
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((address, rest)) => {
            let is_address = address.parse::<std::net::Ipv6Addr>().is_ok();
            let Some(port) = rest.strip_prefix(':').or(rest.is_empty().then_some("")) else {
                return false;
            };
            return is_address && is_port(port);
        }
        None => place.split_once(':').unwrap_or((place, "")),
    };
    let is_of_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte);
    !host.is_empty() && host.bytes().all(is_of_host) && is_port(port)
}

/// Returns whether the text is a port. An empty port is the default one of the scheme.
fn is_port(port: &str) -> bool {
    let is_number = port.bytes().all(|digit| digit.is_ascii_digit());
    port.is_empty() || is_number && port.parse::<u16>().is_ok_and(|port| port != 0)
}

/// Returns a text that should be a URL, without parts that may be a user, a password or a
/// query.
pub(super) fn without_secrets(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or("");
    let start = text.find("://").map_or(0, |place| place + 3);
    match (
        text.get(..start),
        text.rfind('@').and_then(|place| text.get(place..)),
    ) {
        (Some(scheme), Some(rest)) => format!("{scheme}..{rest}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_a_scheme_and_a_host() {
        for good in [
            "http://localhost:4318",
            "HTTPS://collector.example.com/mycollector/",
            "http://127.0.0.1:4318/v1/traces?tenant=a",
            "http://[::1]:4318",
            "http://user:p%40ss@host:80/x",
            "http://host/%41?a=%zz",
        ] {
            assert!(Url::parse(good).is_some(), "{good}");
        }
        for bad in [
            "localhost:4318",
            "ftp://host",
            "http://",
            "http://:4318",
            "http:///v1/traces",
            "http://host:port",
            "http://host:",
            "http://h%zz/",
            "http://host:99999",
            "http://host:0",
            "http://host:+1",
            "http://[::1",
            "http://[host]:1",
            "http://[::1]x",
            "http://a b",
            "http://host/a b",
            "http://host/\r\nx: y",
            "http://host/#a",
            "://",
            "http://grün.example",
        ] {
            assert_eq!(Url::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_url_without_a_path_has_the_root() {
        let as_sent = |text| Url::parse(text).unwrap().as_str().to_owned();
        assert_eq!(as_sent("http://collector:4318"), "http://collector:4318/");
        assert_eq!(
            as_sent("http://collector:4318?a=b"),
            "http://collector:4318/?a=b"
        );
        assert_eq!(
            as_sent("HTTPS://host/v1/traces/"),
            "https://host/v1/traces/"
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        let url = Url::parse("https://ann:secret@host:1/a?token=secret").unwrap();
        assert_eq!(url.to_string(), "https://host:1/a");
        assert_eq!(url.shown_with("v1/traces"), "https://host:1/a/v1/traces");
        assert_eq!(format!("{url:?}"), "Url(https://host:1/a)");
        assert_eq!(url.origin(), "https://host:1");
        assert_eq!(
            without_secrets("ftp://ann:secret@host/a?b=secret"),
            "ftp://..@host/a"
        );
        assert_eq!(without_secrets("ann:secret@host"), "..@host");
        assert_eq!(without_secrets("localhost:4318"), "localhost:4318");
    }
}
