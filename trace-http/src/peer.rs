//! The other end of a client's connection, as far as the client says it.

use http::Extensions;

/// Writes the other end as tags of the current span, if the extensions of a response have it:
/// hyper-util's client tells it, and reqwest's, which is made of that.
#[cfg(feature = "hyper-util")]
pub(crate) fn write(extensions: &Extensions) {
    use hyper_util::client::legacy::connect::HttpInfo;
    use trace_core::{display, span};

    use crate::conventions::{NETWORK_PEER_ADDRESS, NETWORK_PEER_PORT};

    if let Some(info) = extensions.get::<HttpInfo>() {
        let peer = info.remote_addr();
        span::add_tag(NETWORK_PEER_ADDRESS, display(peer.ip()));
        span::add_tag(NETWORK_PEER_PORT, peer.port());
    }
}

#[cfg(not(feature = "hyper-util"))]
pub(crate) const fn write(_extensions: &Extensions) {}
