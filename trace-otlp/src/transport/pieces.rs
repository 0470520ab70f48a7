//! A body in pieces that follow each other, read as one.

#[cfg(any(feature = "http", feature = "zstd"))]
use std::io::{self, Read};

/// Reads pieces. Fills what it is given as far as there are bytes.
#[cfg(any(feature = "http", feature = "zstd"))]
pub(super) struct Pieces<'a> {
    first: &'a [u8],
    others: &'a [&'a [u8]],
}

#[cfg(any(feature = "http", feature = "zstd"))]
impl<'a> Pieces<'a> {
    pub(super) fn new(pieces: &'a [&'a [u8]]) -> Self {
        Self {
            first: &[],
            others: pieces,
        }
    }
}

#[cfg(any(feature = "http", feature = "zstd"))]
impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(room) = into.get_mut(filled..).filter(|room| !room.is_empty()) {
            filled += self.first.read(room)?;
            if self.first.is_empty() {
                let Some((next, others)) = self.others.split_first() else {
                    break;
                };
                (self.first, self.others) = (next, others);
            }
        }
        Ok(filled)
    }
}

/// Returns the number of bytes of all pieces.
pub(super) fn bytes_of(pieces: &[&[u8]]) -> usize {
    pieces.iter().map(|piece| piece.len()).sum()
}

#[cfg(all(test, any(feature = "http", feature = "zstd")))]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_read_as_one() {
        let pieces: &[&[u8]] = &[b"", b"ab", b"", b"", b"cdefg", b"h", b""];
        for room in 1..=9 {
            let (mut reader, mut whole, mut buffer) = (Pieces::new(pieces), Vec::new(), [0; 9]);
            loop {
                let read = reader.read(&mut buffer[..room]).unwrap();
                whole.extend_from_slice(&buffer[..read]);
                assert!(read == room || whole.len() == 8);
                if read == 0 {
                    break;
                }
            }
            assert_eq!(whole, b"abcdefgh");
        }
        assert_eq!(bytes_of(pieces), 8);
        assert_eq!(Pieces::new(&[]).read(&mut [0; 2]).unwrap(), 0);
    }
}
