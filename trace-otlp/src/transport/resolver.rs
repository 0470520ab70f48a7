//! Finds the addresses of a host, and keeps them for some requests.
//!
//! ureq asks before each request, also where a connection is open, and its own resolver starts
//! a thread for each question. Batches follow each other quickly, so that would be a thread for
//! each.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::http::Uri;
use ::http::uri::Authority;
use trace_core::{Clock, Timestamp};
use ureq::config::Config;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Finds addresses. Clones share what is known.
#[derive(Clone)]
pub(super) struct KeepingResolver {
    known: Arc<Mutex<Option<Known>>>,
    clock: Clock,
}

/// The addresses of the host that was asked for last.
struct Known {
    authority: Authority,
    addresses: Vec<SocketAddr>,
    since: Timestamp,
}

/// How long an answer holds: not longer than one of DNS usually does.
const HOLDS: Duration = Duration::from_secs(10);

impl KeepingResolver {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            known: Arc::default(),
            clock,
        }
    }

    /// Forgets the addresses: they may be why a request failed.
    pub(super) fn forget(&self) {
        self.set(None);
    }

    fn set(&self, known: Option<Known>) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }

    fn known(&self, authority: &Authority) -> Option<Vec<SocketAddr>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.as_ref()?;
        let holds = known.authority == *authority && self.clock.now() - known.since < HOLDS;
        holds.then(|| known.addresses.clone())
    }

    fn list(&self, addresses: &[SocketAddr]) -> ResolvedSocketAddrs {
        let mut list = self.empty();
        addresses.iter().for_each(|address| list.push(*address));
        list
    }
}

/// Returns the address that an authority says: one with a port, and no name.
fn said(authority: &Authority) -> Option<SocketAddr> {
    let host = authority.host();
    let address = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address: IpAddr = address.unwrap_or(host).parse().ok()?;
    Some(SocketAddr::new(address, authority.port_u16()?))
}

impl Resolver for KeepingResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let Some(authority) = uri.authority() else {
            return DefaultResolver::default().resolve(uri, config, timeout);
        };
        if let Some(address) = said(authority) {
            return Ok(self.list(&[address]));
        }
        if let Some(known) = self.known(authority) {
            return Ok(self.list(&known));
        }
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        self.set(Some(Known {
            authority: authority.clone(),
            addresses: found.iter().copied().collect(),
            since: self.clock.now(),
        }));
        Ok(found)
    }
}

impl fmt::Debug for KeepingResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeepingResolver").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use ureq::Timeout;
    use ureq::unversioned::transport::time;

    use super::*;

    fn resolve(resolver: &KeepingResolver, uri: &str) -> Vec<SocketAddr> {
        let timeout = NextTimeout {
            after: time::Duration::from_secs(60),
            reason: Timeout::Resolve,
            ..NextTimeout::default()
        };
        let found = resolver.resolve(&uri.parse().unwrap(), &Config::default(), timeout);
        found.unwrap().iter().copied().collect()
    }

    #[test]
    fn an_address_is_its_own_answer() {
        let resolver = KeepingResolver::new(Clock::system());
        for (uri, address) in [
            ("http://127.0.0.1:4318/v1/traces", "127.0.0.1:4318"),
            ("https://user@[::1]:443", "[::1]:443"),
        ] {
            assert_eq!(resolve(&resolver, uri), [address.parse().unwrap()]);
        }
        assert!(resolver.known.lock().unwrap().is_none());
    }

    #[test]
    fn a_name_is_known_until_it_is_forgotten() {
        let resolver = KeepingResolver::new(Clock::system());
        let found = resolve(&resolver, "http://localhost:4318");
        assert!(found.iter().all(|address| address.ip().is_loopback()));
        let known = |authority: &str| resolver.known(&authority.parse().unwrap());
        assert_eq!(known("localhost:4318"), Some(found));
        assert_eq!(known("localhost:4319"), None);
        resolver.forget();
        assert_eq!(known("localhost:4318"), None);
    }
}
