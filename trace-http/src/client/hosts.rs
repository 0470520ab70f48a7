//! Lists of hosts.

use std::borrow::Cow;

use crate::host::split_port;

/// A host, and its port, as the address of a request has them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Target<'a> {
    /// Without the brackets of IPv6.
    pub(crate) host: Option<&'a str>,
    pub(crate) port: Option<u16>,
}

/// Which hosts get something.
#[derive(Clone, Debug)]
pub(super) enum Hosts {
    All,
    Listed(Vec<Pattern>),
}

/// `shop.example`, `shop.example:8080`, `*.example` or `*.example:8080`.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Cow<'static, str>);

impl Hosts {
    /// Adds hosts to a list; begins one, if there is none.
    pub(super) fn list<H>(&mut self, hosts: impl IntoIterator<Item = H>)
    where
        H: Into<Cow<'static, str>>,
    {
        let hosts = hosts.into_iter().map(|host| Pattern(host.into()));
        match self {
            Self::All => *self = Self::Listed(hosts.collect()),
            Self::Listed(listed) => listed.extend(hosts),
        }
    }

    /// A host that is not known is in no list.
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
    /// Hosts have no case. Without a port, all ports match.
    fn matches(&self, target: Target<'_>) -> bool {
        let Some(own) = target.host else {
            return false;
        };
        let (host, port) = split_port(&self.0);
        let is_host = match host.strip_prefix("*.") {
            None => host.eq_ignore_ascii_case(own),
            Some(domain) => {
                let labels = own.len().checked_sub(domain.len() + 1);
                labels.is_some_and(|labels| {
                    let (labels, rest) = own.as_bytes().split_at(labels);
                    let is_below = rest.split_first().is_some_and(|(dot, rest)| {
                        *dot == b'.' && rest.eq_ignore_ascii_case(domain.as_bytes())
                    });
                    !labels.is_empty() && is_below
                })
            }
        };
        is_host && (port.is_none() || port == target.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_hosts_domains_and_ports() {
        let mut hosts = Hosts::Listed(Vec::new());
        hosts.list(["orders.example", "*.internal", "localhost:8080", "[::1]"]);
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
    fn all_is_not_listed() {
        let mut hosts = Hosts::All;
        assert!(hosts.contain(Target::default));
        hosts.list([""; 0]);
        let host = Some("a");
        assert!(!hosts.contain(|| Target { host, port: None }));
    }
}
