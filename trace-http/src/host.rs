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

#[cfg(test)]
mod tests {
    use super::*;

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
