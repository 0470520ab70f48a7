//! What this crate was built with, as a value, so that tests can try each build.

use crate::{Compression, Protocol};

/// The features that decide where spans can go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Features {
    pub(super) http: bool,
    pub(super) grpc: bool,
    pub(super) tls: bool,
    pub(super) gzip: bool,
    pub(super) zstd: bool,
    pub(super) json: bool,
}

impl Features {
    /// The features of this build.
    pub(super) const BUILT: Self = Self {
        http: cfg!(feature = "http"),
        grpc: cfg!(feature = "grpc"),
        tls: cfg!(feature = "tls"),
        gzip: cfg!(feature = "gzip"),
        zstd: cfg!(feature = "zstd"),
        json: cfg!(feature = "json"),
    };

    /// Returns the name of a feature that the protocol needs and this build lacks.
    pub(super) const fn missing_for(self, protocol: Protocol) -> Option<&'static str> {
        match protocol {
            Protocol::Grpc if !self.grpc => Some("grpc"),
            Protocol::HttpProtobuf | Protocol::HttpJson if !self.http => Some("http"),
            Protocol::HttpJson if !self.json => Some("json"),
            Protocol::Grpc | Protocol::HttpProtobuf | Protocol::HttpJson => None,
        }
    }

    /// Returns the name of a feature that the compression needs and this build lacks.
    pub(super) const fn missing_for_compression(
        self,
        compression: Compression,
    ) -> Option<&'static str> {
        match compression {
            Compression::Gzip if !self.gzip => Some("gzip"),
            Compression::Zstd if !self.zstd => Some("zstd"),
            Compression::None | Compression::Gzip | Compression::Zstd => None,
        }
    }

    /// Returns the protocol to use if none is set; `None` if this build cannot send.
    pub(super) const fn default_protocol(self) -> Option<Protocol> {
        match (self.http, self.grpc) {
            (true, _) => Some(Protocol::HttpProtobuf),
            (false, true) => Some(Protocol::Grpc),
            (false, false) => None,
        }
    }
}
