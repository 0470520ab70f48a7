//! Compresses bodies.

use std::io;

/// How the bodies of requests are compressed.
///
/// Every build has all variants. For one that is not compiled in,
/// [`build`](crate::OtlpCollectorBuilder::build) returns an error that names the feature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// Not compressed.
    #[default]
    None,
    /// `gzip`, at a level that costs little time. Needs the feature `gzip`.
    Gzip,
    /// `zstd`, at a level that costs little time. Needs the feature `zstd`.
    Zstd,
}

/// The feature that a kind of compression needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MissingCompression(pub(crate) &'static str);

/// Compresses one body after another into one buffer.
#[derive(Debug)]
pub(crate) struct Compressor {
    compression: Compression,
    buffer: Vec<u8>,
}

/// Most bytes of memory that the buffer keeps between two bodies.
const KEPT_BYTES: usize = 1 << 20;

impl Compressor {
    pub(crate) fn new(compression: Compression) -> Result<Self, MissingCompression> {
        match compression {
            Compression::Gzip if cfg!(not(feature = "gzip")) => Err(MissingCompression("gzip")),
            Compression::Zstd if cfg!(not(feature = "zstd")) => Err(MissingCompression("zstd")),
            _ => Ok(Self {
                compression,
                buffer: Vec::new(),
            }),
        }
    }

    /// Returns the bytes to send, and the name of their encoding. `None` twice if the body is
    /// sent as it is: also if it cannot be compressed.
    pub(crate) fn compress(&mut self, body: &[&[u8]]) -> (Option<&[u8]>, Option<&'static str>) {
        self.buffer.clear();
        self.buffer.shrink_to(KEPT_BYTES);
        let (name, result) = match self.compression {
            Compression::None => return (None, None),
            Compression::Gzip => ("gzip", gzip(body, &mut self.buffer)),
            Compression::Zstd => ("zstd", zstd(body, &mut self.buffer)),
        };
        match result {
            Ok(()) => (Some(&self.buffer), Some(name)),
            Err(_) => (None, None),
        }
    }
}

#[cfg(feature = "gzip")]
fn gzip(body: &[&[u8]], into: &mut Vec<u8>) -> io::Result<()> {
    let mut encoder = flate2::write::GzEncoder::new(into, flate2::Compression::fast());
    for piece in body {
        io::Write::write_all(&mut encoder, piece)?;
    }
    encoder.finish().map(drop)
}

#[cfg(not(feature = "gzip"))]
fn gzip(_body: &[&[u8]], _into: &mut Vec<u8>) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(feature = "zstd")]
fn zstd(body: &[&[u8]], into: &mut Vec<u8>) -> io::Result<()> {
    zstd::stream::copy_encode(super::pieces::Pieces::new(body), into, 1)
}

#[cfg(not(feature = "zstd"))]
fn zstd(_body: &[&[u8]], _into: &mut Vec<u8>) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
