//! Hosts and ports, as they are written in addresses and headers.

/// Splits `host:port`. If the host is an IPv6 address in brackets, the brackets are removed. An
/// IPv6 address without brackets has no port.
pub(crate) fn split_port(text: &str) -> (&str, Option<u16>) {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, port) = rest.split_once(']').unwrap_or((rest, ""));
        let port = port.strip_prefix(':').and_then(|port| port.parse().ok());
        return (host, port);
    }
    match text.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, port.parse().ok()),
        _ => (text, None),
    }
}

/// Returns the port that is meant where an address has none.
///
/// Source: HTTP Semantics (RFC 9110), *http URI Scheme* and *https URI Scheme*.
pub(crate) fn default_port(scheme: &str) -> Option<u16> {
    if scheme.eq_ignore_ascii_case("http") {
        Some(80)
    } else if scheme.eq_ignore_ascii_case("https") {
        Some(443)
    } else {
        None
    }
}

/// Whether an address has only this host, and no port, not even an invalid one.
pub(crate) fn is_only_host(address: &str, host: &str) -> bool {
    let address = address.trim_end_matches(':');
    let address = address.strip_prefix('[').unwrap_or(address);
    address.strip_suffix(']').unwrap_or(address) == host
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_wrong_is_not_missing() {
        for address in ["shop.example", "shop.example:", "[::1]", "2001:db8::1"] {
            assert!(is_only_host(address, split_port(address).0), "{address}");
        }
        for address in ["shop:80", "shop:99999", "shop:a", "[::1]:80"] {
            assert!(!is_only_host(address, split_port(address).0), "{address}");
        }
    }

    #[test]
    fn ports_are_behind_hosts() {
        assert_eq!(
            split_port("shop.example:8080"),
            ("shop.example", Some(8080))
        );
        assert_eq!(split_port("shop.example"), ("shop.example", None));
        assert_eq!(split_port("[::1]:80"), ("::1", Some(80)));
        assert_eq!(split_port("[::1]"), ("::1", None));
        assert_eq!(split_port("2001:db8::1"), ("2001:db8::1", None));
        assert_eq!(split_port("a:99999"), ("a", None));
    }
}
