//! The other end of a client's connection, if the HTTP client reports it.

use http::Extensions;

/// Writes the address of the other end as tags of the current span, if the extensions of a
/// response have it. hyper-util's client puts it there, and so does reqwest's, which uses that.
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
