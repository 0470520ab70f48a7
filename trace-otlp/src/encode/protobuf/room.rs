//! A buffer of fixed size that is written from the front.
//!
//! A `Vec` may grow at each write, so its pointer, length and capacity are loaded and stored
//! at each. A room never grows: what does not fit is left out, and its owner asks once, at the
//! end, whether all did.

use super::field::varint_bytes;

/// Bytes, of which the first are written.
pub(super) struct Room<'a> {
    bytes: &'a mut [u8],
    /// How many are written; more than there are if something did not fit.
    filled: usize,
}

/// A short text with what stands around it, encoded once and written often: it is copied with
/// what is behind it, whose place the next write takes. A copy of a fixed size is four
/// instructions; one of any size is a call.
pub(super) struct Block {
    bytes: [u8; BLOCK_BYTES],
    length: usize,
}

const BLOCK_BYTES: usize = 64;

impl Block {
    /// Makes a block; `None` if the bytes are too many.
    pub(super) fn new(bytes: &[u8]) -> Option<Self> {
        let mut block = Self {
            bytes: [0; BLOCK_BYTES],
            length: bytes.len(),
        };
        block.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(block)
    }

    #[inline]
    pub(super) fn length(&self) -> usize {
        self.length
    }
}

impl<'a> Room<'a> {
    #[inline]
    pub(super) fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, filled: 0 }
    }

    /// Returns how many bytes are written.
    #[inline]
    pub(super) fn filled(&self) -> usize {
        self.filled
    }

    /// Returns what is written; `None` if something did not fit.
    #[inline]
    pub(super) fn finish(self) -> Option<&'a mut [u8]> {
        self.bytes.get_mut(..self.filled)
    }

    /// Writes bytes whose number is known when the program is compiled.
    #[inline]
    pub(super) fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        self.put_first(bytes, N);
    }

    /// Writes the first `length` of some bytes. All of them have to fit.
    #[inline]
    pub(super) fn put_first<const N: usize>(&mut self, bytes: [u8; N], length: usize) {
        let rest = self.bytes.get_mut(self.filled..);
        match rest.and_then(|rest| rest.first_chunk_mut()) {
            Some(place) => {
                *place = bytes;
                self.filled += length;
            }
            None => self.overflow(),
        }
    }

    #[inline]
    pub(super) fn put_block(&mut self, block: &Block) {
        self.put_first(block.bytes, block.length);
    }

    #[inline]
    pub(super) fn put_slice(&mut self, bytes: &[u8]) {
        let end = self.filled + bytes.len();
        match self.bytes.get_mut(self.filled..end) {
            Some(place) => {
                place.copy_from_slice(bytes);
                self.filled = end;
            }
            None => self.overflow(),
        }
    }

    /// Writes a length. Larger ones than 16,383 do not fit.
    #[inline]
    pub(super) fn put_length(&mut self, length: usize) {
        match u16::try_from(length) {
            Ok(length @ ..0x80) => self.put(low_byte(length)),
            Ok(length @ ..0x4000) => self.put(two_byte_length(length)),
            _ => self.overflow(),
        }
    }

    /// Writes a varint.
    #[inline]
    pub(super) fn put_varint(&mut self, value: u64) {
        let length = varint_bytes(value);
        if length <= 8 {
            // Bits that say that another byte follows.
            let more = 0x8080_8080_8080_8080 & ((1 << (8 * (length - 1))) - 1);
            self.put_first((groups_of_seven(value) | more).to_le_bytes(), length);
        } else {
            let low = groups_of_seven(value) | 0x8080_8080_8080_8080;
            self.put(low.to_le_bytes());
            self.put_length(usize::try_from(value >> 56).unwrap_or(usize::MAX));
        }
    }

    #[cold]
    fn overflow(&mut self) {
        self.filled = self.bytes.len() + 1;
    }
}

/// Returns a length from 128 to 16,383 as a varint.
#[inline]
pub(super) const fn two_byte_length(length: u16) -> [u8; 2] {
    ((length & 0x7f) | 0x80 | ((length << 1) & 0x7f00)).to_le_bytes()
}

const fn low_byte(length: u16) -> [u8; 1] {
    let [low, _] = length.to_le_bytes();
    [low]
}

/// Spreads the low 56 bits over eight bytes, seven to each. The groups are moved in halves:
/// of four, of two, of one.
#[inline]
const fn groups_of_seven(value: u64) -> u64 {
    let value = (value & 0x00ff_ffff_f000_0000) << 4 | (value & 0x0fff_ffff);
    let value = (value & 0x0fff_c000_0fff_c000) << 2 | (value & 0x0000_3fff_0000_3fff);
    (value & 0x3f80_3f80_3f80_3f80) << 1 | (value & 0x007f_007f_007f_007f)
}

#[cfg(test)]
mod tests {
    use super::super::field::varint;
    use super::*;

    fn written(bytes: usize, write: impl FnOnce(&mut Room<'_>)) -> Option<Vec<u8>> {
        let mut bytes = vec![0xee; bytes];
        let mut room = Room::new(&mut bytes);
        write(&mut room);
        room.finish().map(|written| written.to_vec())
    }

    #[test]
    fn varints_are_those_of_a_vec() {
        for shift in 0..64 {
            for value in [1_u64 << shift, (1 << shift) - 1, u64::MAX >> shift] {
                let mut expected = Vec::new();
                varint(&mut expected, value);
                let found = written(16, |room| room.put_varint(value));
                assert_eq!(found, Some(expected), "{value}");
            }
        }
        for length in [0, 1, 127, 128, 129, 300, 16_383] {
            let mut expected = Vec::new();
            varint(&mut expected, length as u64);
            let found = written(16, |room| room.put_length(length));
            assert_eq!(found, Some(expected), "{length}");
        }
        assert_eq!(written(16, |room| room.put_length(16_384)), None);
    }

    #[test]
    fn what_does_not_fit_is_noted_until_the_end() {
        assert_eq!(written(3, |room| room.put([1, 2, 3])), Some(vec![1, 2, 3]));
        assert_eq!(written(2, |room| room.put([1, 2, 3])), None);
        assert_eq!(written(2, |room| room.put_slice(&[1, 2, 3])), None);
        let after = |room: &mut Room<'_>| {
            room.put([1, 2, 3]);
            room.put([1]);
            room.put_slice(&[]);
        };
        assert_eq!(written(2, after), None);
        let block = Block::new(b"ab").unwrap();
        assert_eq!(written(63, |room| room.put_block(&block)), None);
        assert_eq!(
            written(64, |room| room.put_block(&block)),
            Some(b"ab".to_vec())
        );
        assert!(Block::new(&[0; BLOCK_BYTES + 1]).is_none());
    }
}
