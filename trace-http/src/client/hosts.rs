//! Lists of hosts.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use crate::redact;

/// The host and the port in the address of a request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Target<'a> {
    /// An IPv6 address has no brackets here.
    pub(crate) host: Option<&'a str>,
    pub(crate) port: Option<u16>,
}

/// A set of hosts.
#[derive(Clone, Debug)]
pub(super) enum Hosts {
    All,
    Listed(Vec<Pattern>),
}

/// A pattern: `shop.example`, `*.example` or an IP address, each with or without a port. A
/// text in another form matches nothing.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Cow<'static, str>);

impl Hosts {
    /// Adds hosts to the list, or begins a list. Returns the texts that match nothing, each
    /// with a correction if there is one.
    pub(super) fn list<H>(&mut self, hosts: impl IntoIterator<Item = H>) -> Vec<String>
    where
        H: Into<Cow<'static, str>>,
    {
        let hosts = hosts.into_iter().map(|host| Pattern(host.into()));
        let hosts: Vec<Pattern> = hosts.collect();
        let unmatched = hosts.iter().filter(|host| split(&host.0).is_none());
        let unmatched = unmatched.map(Pattern::correction).collect();
        match self {
            Self::All => *self = Self::Listed(hosts),
            Self::Listed(listed) => listed.extend(hosts),
        }
        unmatched
    }

    /// Returns whether the set contains a host. An unknown host is in no list.
    pub(super) fn contain<'a>(&self, target: impl FnOnce() -> Target<'a>) -> bool {
        match self {
            Self::All => true,
            Self::Listed(listed) if listed.is_empty() => false,
            Self::Listed(listed) => {
                let target = target();
                listed.iter().any(|pattern| pattern.matches(target))
            }
        }
    }
}

impl Pattern {
    /// Returns whether a host and its port match. Without a port, all ports match.
    fn matches(&self, target: Target<'_>) -> bool {
        let (Some(own), Some((host, port))) = (target.host, split(&self.0)) else {
            return false;
        };
        host.matches(own) && (port.is_none() || port == target.port)
    }

    /// Returns the text of the pattern, and the pattern that was probably meant.
    fn correction(&self) -> String {
        let text = self.0.trim();
        let text = text.split_once("://").map_or(text, |(_, rest)| rest);
        let text = text.split(['/', '?', '#']).next().unwrap_or_default();
        let text = text.rsplit_once('@').map_or(text, |(_, host)| host);
        let below = if text.starts_with('.') { "*" } else { "" };
        let host = format!("{below}{text}");
        let own = match self.0.contains("://") {
            true => redact::in_text(&self.0),
            // Credentials are only found in a whole address.
            false => redact::in_text(&format!("://{}", self.0)).replacen("://", "", 1),
        };
        match split(&host) {
            Some(_) => format!("`{own}` (write `{host}`)"),
            None => format!("`{own}`"),
        }
    }
}

/// The host of a pattern.
enum Host<'a> {
    Name(&'a str),
    /// All names below a domain.
    Below(&'a str),
    Ipv6(Ipv6Addr),
}

/// Reads the host and the port of a pattern; `None` if it has another form. An invalid text
/// must not match any host, because baggage could then be sent to the wrong hosts. For the
/// same reason, an invalid port must not match all ports.
fn split(text: &str) -> Option<(Host<'_>, Option<u16>)> {
    if let Ok(address) = text.parse() {
        return Some((Host::Ipv6(address), None));
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let port = match port {
            "" => None,
            port => Some(read_port(port.strip_prefix(':')?)?),
        };
        return Some((Host::Ipv6(address.parse().ok()?), port));
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(read_port(port)?)),
        None => (text, None),
    };
    let below = host.strip_prefix("*.");
    let name = without_dot(below.unwrap_or(host));
    let is_name = name.split('.').all(|label| {
        let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !label.is_empty() && label.bytes().all(is_of_name)
    });
    let host = below.map_or(Host::Name(name), |_| Host::Below(name));
    is_name.then_some((host, port))
}

fn read_port(text: &str) -> Option<u16> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

/// Removes the dot at the end of a name. The dot stands for the root of all domains, and does
/// not change the name.
fn without_dot(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

impl Host<'_> {
    /// Returns whether a host matches. Case does not matter.
    fn matches(&self, own: &str) -> bool {
        match self {
            Self::Ipv6(address) => own.parse() == Ok(*address),
            Self::Name(name) => name.eq_ignore_ascii_case(without_dot(own)),
            Self::Below(domain) => {
                let own = without_dot(own);
                let labels = own.len().checked_sub(domain.len() + 1);
                labels.is_some_and(|labels| {
                    let (labels, rest) = own.as_bytes().split_at(labels);
                    let is_below = rest.split_first().is_some_and(|(dot, rest)| {
                        *dot == b'.' && rest.eq_ignore_ascii_case(domain.as_bytes())
                    });
                    !labels.is_empty() && is_below
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_hosts_domains_and_ports() {
        let mut hosts = Hosts::Listed(Vec::new());
        let listed = ["orders.example", "*.internal", "localhost:8080", "[::1]"];
        assert!(hosts.list(listed).is_empty());
        let has = |host, port| {
            let host = Some(host);
            hosts.contain(|| Target { host, port })
        };
        assert!(has("orders.example", Some(443)) && has("ORDERS.example", None));
        assert!(has("a.internal", None) && has("a.b.INTERNAL", Some(1)));
        assert!(has("localhost", Some(8080)) && has("::1", Some(9)));
        for other in [
            "example",
            "xorders.example",
            "orders.example.evil",
            "internal",
            ".internal",
            "xinternal",
            "a.internal.evil",
            "ü.intern",
            "",
        ] {
            assert!(!has(other, Some(443)), "{other}");
        }
        assert!(!has("localhost", Some(80)) && !has("localhost", None));
        assert!(!hosts.contain(Target::default));
    }

    #[test]
    fn one_host_may_be_written_in_several_ways() {
        let has = |pattern, host| {
            let mut hosts = Hosts::Listed(Vec::new());
            hosts.list([pattern]);
            let host = Some(host);
            hosts.contain(|| Target {
                host,
                port: Some(80),
            })
        };
        assert!(has("shop.example.", "shop.example") && has("shop.example", "shop.example."));
        assert!(has("*.example.:80", "shop.example") && has("*.example", "shop.example."));
        assert!(has("[0:0:0:0:0:0:0:1]:80", "::1") && has("2001:DB8::1", "2001:db8:0::1"));
        assert!(has("127.0.0.1:80", "127.0.0.1"));
        assert!(!has("[::1]:81", "::1"));
    }

    #[test]
    fn what_is_no_pattern_matches_nothing() {
        for bad in [
            "shop.example:99999",
            "shop.example:*",
            "shop.example:",
            "shop.example:+80",
            "shop.example ",
            "https://shop.example",
            "shop.example/",
            "[::1]:x",
            "[::1]80",
            "[shop.example]",
            "*",
            "*.",
            "..",
            "",
        ] {
            let mut hosts = Hosts::Listed(Vec::new());
            assert_eq!(hosts.list([bad]).len(), 1, "{bad}");
            for own in [
                "shop.example",
                "::1",
                "shop.example ",
                "https",
                "*",
                "",
                ".",
                bad,
            ] {
                let host = Some(own);
                assert!(
                    !hosts.contain(|| Target {
                        host,
                        port: Some(80)
                    }),
                    "{bad} {own}"
                );
            }
        }
    }

    #[test]
    fn what_is_meant_is_said() {
        for (bad, said) in [
            (
                "https://shop.example/a",
                "`https://shop.example/a` (write `shop.example`)",
            ),
            (
                "http://me@shop:80",
                "`http://REDACTED@shop:80` (write `shop:80`)",
            ),
            (
                "me:s3cr3t@shop.example",
                "`REDACTED:REDACTED@shop.example` (write `shop.example`)",
            ),
            ("s3cr3t@", "`REDACTED@`"),
            (" shop ", "` shop ` (write `shop`)"),
            ("shop/a?b#c", "`shop/a?b#c` (write `shop`)"),
            (".internal", "`.internal` (write `*.internal`)"),
            ("shop.*", "`shop.*`"),
            ("", "``"),
        ] {
            assert_eq!(Hosts::All.list([bad]), [said]);
        }
    }

    #[test]
    fn all_is_not_listed() {
        let mut hosts = Hosts::All;
        assert!(hosts.contain(Target::default));
        hosts.list([""; 0]);
        let host = Some("a");
        assert!(!hosts.contain(|| Target { host, port: None }));
    }
}
