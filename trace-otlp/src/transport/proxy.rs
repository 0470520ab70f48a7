//! Finds the proxy for a URI.
//!
//! When a collector is built, it reads the variables that are common to HTTP clients. The
//! variables of OpenTelemetry are read in `environment`.

use std::fmt;
use std::net::IpAddr;

use ::http::Uri;
use ureq::{Proxy, ProxyProtocol};

/// Why a proxy cannot be used. Its text completes "the proxy ..".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProxyProblem {
    NoUrl,
    /// ureq would need a feature, and panics without it.
    Socks,
    /// ureq would need rustls.
    #[cfg(not(feature = "tls"))]
    Tls,
}

/// What the environment has for a URI.
#[derive(Debug, Default)]
struct Found {
    proxy: Option<Proxy>,
    /// A variable that is not followed, and why.
    ignored: Option<(&'static str, ProxyProblem)>,
}

/// Returns the proxy that the environment has for a URI: `HTTPS_PROXY` or `HTTP_PROXY` by its
/// scheme, else `ALL_PROXY`. Variables in lower case come first. Hosts in `NO_PROXY`, and this
/// machine, have no proxy. A proxy that cannot be used is reported, and counts as none.
pub(super) fn from_environment(uri: &Uri) -> Option<Proxy> {
    let Found { proxy, ignored } = find(uri, variable);
    if let Some((name, problem)) = ignored {
        // Without the value, which may have a password.
        trace_core::__private::setting_ignored(&format!(
            "`{name}` is not followed, and requests to `{}` go without a proxy: it {problem}",
            uri.host().unwrap_or_default()
        ));
    }
    proxy
}

fn find(uri: &Uri, variable: impl Fn(&str) -> Option<String>) -> Found {
    if is_loopback(uri.host().unwrap_or_default()) {
        return Found::default();
    }
    // Not `HTTP_PROXY`: behind a CGI gateway, a request's header sets it (httpoxy).
    let names: &[&'static str] = match uri.scheme_str() {
        Some("https") => &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
        _ if variable("REQUEST_METHOD").is_some() => &["http_proxy", "all_proxy", "ALL_PROXY"],
        _ => &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
    };
    let mut set = names
        .iter()
        .filter_map(|name| Some((*name, variable(name)?)));
    let except = ["no_proxy", "NO_PROXY"]
        .iter()
        .find_map(|name| variable(name));
    match set.next() {
        Some((name, url)) if !except.is_some_and(|hosts| is_listed(&hosts, uri)) => {
            match explicit(&url) {
                Ok(proxy) => Found {
                    proxy: Some(proxy),
                    ignored: None,
                },
                Err(problem) => Found {
                    proxy: None,
                    ignored: Some((name, problem)),
                },
            }
        }
        _ => Found::default(),
    }
}

/// Returns whether a value of `NO_PROXY` lists the host of a URI, in the forms that ureq
/// supports: `example.com`, `.example.com`, `*.example.com`, `10.0.*` and `*`.
fn is_listed(hosts: &str, uri: &Uri) -> bool {
    let hosts = hosts
        .split(',')
        .map(str::trim)
        .filter(|host| !host.is_empty());
    let any = Proxy::builder(ProxyProtocol::Http);
    let any = hosts.fold(any, |proxy, host| proxy.no_proxy(host)).build();
    any.is_ok_and(|proxy| proxy.is_no_proxy(uri))
}

/// Reads the URL of a proxy.
pub(super) fn explicit(url: &str) -> Result<Proxy, ProxyProblem> {
    let proxy = Proxy::new(url).map_err(|_| ProxyProblem::NoUrl)?;
    match proxy.protocol() {
        ProxyProtocol::Http => Ok(proxy),
        #[cfg(feature = "tls")]
        ProxyProtocol::Https => Ok(proxy),
        #[cfg(not(feature = "tls"))]
        ProxyProtocol::Https => Err(ProxyProblem::Tls),
        _ => Err(ProxyProblem::Socks),
    }
}

impl fmt::Display for ProxyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoUrl => "is no URL",
            Self::Socks => "is one of SOCKS, which is not supported",
            #[cfg(not(feature = "tls"))]
            Self::Tls => "is `https`, which needs the feature `tls` of `trace-otlp`",
        })?;
        f.write_str("; expected one such as `http://proxy.example:3128`")
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address: Option<IpAddr> = bare.parse().ok();
    host.eq_ignore_ascii_case("localhost") || address.is_some_and(|address| address.is_loopback())
}

fn variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the variables of proxies are read here only"
    )]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_listed_by_the_forms_of_no_proxy() {
        let is_listed =
            |hosts, host: &str| is_listed(hosts, &format!("http://{host}/").parse().unwrap());
        assert!(is_listed("a.example, b.example", "b.example"));
        assert!(is_listed(".example", "b.example"));
        assert!(is_listed("*", "b.example"));
        assert!(is_listed("10.0.*", "10.0.0.7"));
        assert!(!is_listed("a.example,,", "b.example"));
        assert!(!is_listed("", "b.example"));
    }

    /// Returns the host of the proxy that is found, or the variable that is not followed.
    fn found(uri: &str, variables: &[(&str, &str)]) -> String {
        let variable = |name: &str| {
            let found = variables.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        match find(&uri.parse().unwrap(), variable) {
            Found {
                proxy: Some(proxy),
                ignored: None,
            } => proxy.host().to_owned(),
            Found {
                proxy: None,
                ignored: Some((name, problem)),
            } => format!("{name} {problem:?}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_scheme_goes_first_and_lower_case_before_upper_case() {
        let mut all = vec![
            ("http_proxy", "http://a"),
            ("HTTP_PROXY", "http://b"),
            ("all_proxy", "http://c"),
            ("ALL_PROXY", "http://d"),
            ("https_proxy", "http://e"),
            ("HTTPS_PROXY", "http://f"),
        ];
        let mut secure = Vec::new();
        for expected in ["a", "b", "c", "d"] {
            assert_eq!(found("http://host/", &all), expected);
            secure.push(found("https://host/", &all));
            all.remove(0);
        }
        assert_eq!(secure, ["e"; 4]);
        assert_eq!(found("https://host/", &[("http_proxy", "http://a")]), NONE);
        assert_eq!(found("https://host/", &[("HTTPS_PROXY", "f")]), "f");
        assert_eq!(found("https://host/", &[("ALL_PROXY", "d")]), "d");
        assert_eq!(found("http://host/", &[]), NONE);
    }

    const NONE: &str = "Found { proxy: None, ignored: None }";

    #[test]
    fn a_header_of_cgi_is_no_proxy() {
        let cgi = ("REQUEST_METHOD", "GET");
        let found = |name, url| found("http://host/", &[cgi, (name, url)]);
        assert_eq!(found("HTTP_PROXY", "http://b"), NONE);
        assert_eq!(found("http_proxy", "http://a"), "a");
        assert_eq!(found("ALL_PROXY", "http://d"), "d");
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_none_with_a_reason() {
        let found = |url: &str| found("http://host/", &[("ALL_PROXY", url)]);
        for scheme in ["socks4", "socks4a", "socks5", "socks5h", "SOCKS5"] {
            let said = found(&format!("{scheme}://host:1080"));
            assert!(said.starts_with("ALL_PROXY"), "{scheme}: {said}");
        }
        assert_eq!(found("socks5://host:1080"), "ALL_PROXY Socks");
        for url in ["::bad::", "nonsense://x", "http://", "/x"] {
            assert_eq!(found(url), "ALL_PROXY NoUrl", "{url}");
        }
        #[cfg(feature = "tls")]
        assert_eq!(found("https://secure"), "secure");
        #[cfg(not(feature = "tls"))]
        assert_eq!(found("https://secure"), "ALL_PROXY Tls");
    }

    #[test]
    fn hosts_of_no_proxy_have_none_and_no_complaint() {
        for url in ["http://a", "socks5://a"] {
            let all = [("ALL_PROXY", url), ("no_proxy", "host")];
            assert_eq!(found("http://host/", &all), NONE);
            assert_ne!(found("http://other/", &all), NONE);
        }
        assert_eq!(found("http://127.0.0.1/", &[("ALL_PROXY", "a")]), NONE);
    }

    #[test]
    fn this_machine_has_no_proxy() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["example.com", "10.0.0.1", "[::2]", "localhost.example"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
