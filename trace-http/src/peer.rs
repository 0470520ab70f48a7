//! The other end of a client's connection, if the HTTP client reports it.

#[cfg(any(feature = "hyper-util", feature = "reqwest"))]
use std::net::SocketAddr;

use http::Extensions;

/// The address of the other end, as an extension of reqwest's response. reqwest's own extension
/// has a type of hyper-util, which is not known without the feature `hyper-util`.
#[cfg(feature = "reqwest")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Writes the address of the other end as tags of the current span, if the extensions of a
/// response have it. hyper-util's client puts it there, and so does `send_traced`.
#[cfg(any(feature = "hyper-util", feature = "reqwest"))]
pub(crate) fn write(extensions: &Extensions) {
    use trace_core::{display, span};

    use crate::conventions::{NETWORK_PEER_ADDRESS, NETWORK_PEER_PORT};

    if let Some(peer) = address(extensions) {
        span::add_tag(NETWORK_PEER_ADDRESS, display(peer.ip()));
        span::add_tag(NETWORK_PEER_PORT, peer.port());
    }
}

#[cfg(any(feature = "hyper-util", feature = "reqwest"))]
fn address(extensions: &Extensions) -> Option<SocketAddr> {
    #[cfg(feature = "reqwest")]
    if let Some(Peer(address)) = extensions.get() {
        return Some(*address);
    }
    #[cfg(feature = "hyper-util")]
    {
        use hyper_util::client::legacy::connect::HttpInfo;

        extensions.get().map(HttpInfo::remote_addr)
    }
    #[cfg(not(feature = "hyper-util"))]
    None
}

#[cfg(not(any(feature = "hyper-util", feature = "reqwest")))]
pub(crate) const fn write(_extensions: &Extensions) {}

#[cfg(all(test, feature = "reqwest"))]
mod tests {
    use super::*;

    #[test]
    fn reqwest_says_it_without_another_feature() {
        let mut extensions = Extensions::new();
        assert_eq!(address(&extensions), None);
        let peer = SocketAddr::from(([127, 0, 0, 1], 80));
        extensions.insert(Peer(peer));
        assert_eq!(address(&extensions), Some(peer));
    }
}
