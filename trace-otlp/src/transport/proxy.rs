//! Finds the proxy for a URI.
//!
//! When a collector is built, it reads the variables that are common to HTTP clients. The
//! variables of OpenTelemetry are read in `environment`.

use std::net::IpAddr;

use ::http::Uri;
use ureq::{Proxy, ProxyProtocol};

/// Returns the proxy that the environment has for a URI: `HTTPS_PROXY` or `HTTP_PROXY` by its
/// scheme, else `ALL_PROXY`. Variables in lower case come first. Hosts in `NO_PROXY`, and this
/// machine, have no proxy.
pub(super) fn from_environment(uri: &Uri) -> Option<Proxy> {
    if is_loopback(uri.host().unwrap_or_default()) {
        return None;
    }
    // Not `HTTP_PROXY`: behind a CGI gateway, a request's header sets it (httpoxy).
    let names: &[&str] = match uri.scheme_str() {
        Some("https") => &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
        _ if variable("REQUEST_METHOD").is_some() => &["http_proxy", "all_proxy", "ALL_PROXY"],
        _ => &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
    };
    let url = names.iter().find_map(|name| variable(name))?;
    let proxy = explicit(&url)?;
    let except = ["no_proxy", "NO_PROXY"]
        .iter()
        .find_map(|name| variable(name));
    (!except.is_some_and(|hosts| is_listed(&hosts, uri))).then_some(proxy)
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

/// Reads the URL of a proxy; `None` if it is not one.
pub(super) fn explicit(url: &str) -> Option<Proxy> {
    Proxy::new(url).ok()
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
