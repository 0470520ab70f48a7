//! Writes single fields. Knows no message.
//!
//! A field begins with its key: its number and the form of what follows. All keys here except
//! one are a single byte.
//!
//! Source: Protocol Buffers, *Encoding*.

/// Bytes of the length of a message that is expected to have from 128 to 16,383 bytes.
const EXPECTED_LENGTH_BYTES: usize = 2;

#[inline]
pub(super) fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(low_byte(value) | 0x80);
        value >>= 7;
    }
    out.push(low_byte(value));
}

const fn low_byte(value: u64) -> u8 {
    let [byte, ..] = value.to_le_bytes();
    byte
}

/// Returns how many bytes a varint takes.
pub(super) const fn varint_bytes(value: u64) -> usize {
    let bits = 64 - (value | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}

/// Returns how many bytes a field of `length` bytes takes, with its key and length.
pub(super) const fn field_bytes(length: usize) -> usize {
    1 + varint_bytes(length as u64) + length
}

#[inline]
pub(super) fn length(out: &mut Vec<u8>, key: u8, length: usize) {
    match u8::try_from(length) {
        Ok(short @ ..0x80) => out.extend_from_slice(&[key, short]),
        _ => {
            out.push(key);
            varint(out, length as u64);
        }
    }
}

#[inline]
pub(super) fn bytes(out: &mut Vec<u8>, key: u8, value: &[u8]) {
    length(out, key, value.len());
    out.extend_from_slice(value);
}

/// Writes bytes whose number is known when the program is compiled.
#[inline]
pub(super) fn array<const N: usize>(out: &mut Vec<u8>, key: u8, value: [u8; N]) {
    length(out, key, N);
    out.extend_from_slice(&value);
}

/// Writes a text unless it is empty.
#[inline]
pub(super) fn text(out: &mut Vec<u8>, key: u8, value: &str) {
    if !value.is_empty() {
        bytes(out, key, value.as_bytes());
    }
}

/// Writes a number unless it is zero.
#[inline]
pub(super) fn count(out: &mut Vec<u8>, key: u8, value: u32) {
    if value != 0 {
        out.push(key);
        varint(out, value.into());
    }
}

/// Writes a number of eight bytes unless it is zero.
#[inline]
pub(super) fn fixed64(out: &mut Vec<u8>, key: u8, value: u64) {
    if value != 0 {
        out.push(key);
        out.extend_from_slice(&value.to_le_bytes());
    }
}

/// Writes a message whose length is known only after it is written. Space for the length is
/// reserved before it. In the rare case that the space does not fit, the message is moved.
#[inline]
pub(super) fn message(out: &mut Vec<u8>, key: u8, fill: impl FnOnce(&mut Vec<u8>)) {
    out.push(key);
    let place = out.len();
    out.extend_from_slice(&[0; EXPECTED_LENGTH_BYTES]);
    fill(out);
    let length = out.len() - place - EXPECTED_LENGTH_BYTES;
    if let 0x80..0x4000 = length
        && let Some([low, high]) = out.get_mut(place..place + EXPECTED_LENGTH_BYTES)
    {
        // The usual case: the length takes all of the space.
        *low = low_byte(length as u64) | 0x80;
        *high = low_byte(length as u64 >> 7);
        return;
    }
    write_length(out, place, length);
}

/// Writes the length of the message that follows the space for it, and fills the space.
#[cold]
fn write_length(out: &mut Vec<u8>, place: usize, length: usize) {
    let length_bytes = varint_bytes(length as u64);
    if length_bytes > EXPECTED_LENGTH_BYTES {
        out.resize(place + length_bytes + length, 0);
    }
    if let Some(space) = out.get_mut(place..) {
        if length_bytes != EXPECTED_LENGTH_BYTES {
            let message = EXPECTED_LENGTH_BYTES..EXPECTED_LENGTH_BYTES + length;
            space.copy_within(message, length_bytes);
        }
        let mut rest = length as u64;
        for (index, byte) in space.iter_mut().take(length_bytes).enumerate() {
            let more = if index + 1 < length_bytes { 0x80 } else { 0 };
            *byte = low_byte(rest) & 0x7f | more;
            rest >>= 7;
        }
    }
    out.truncate(place + length_bytes + length);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_written_with_its_length_whatever_that_is() {
        for length in [
            0, 1, 127, 128, 129, 16_383, 16_384, 16_385, 2_097_151, 2_097_152,
        ] {
            let content: Vec<u8> = (0..length).map(|index| low_byte(index as u64)).collect();
            let (mut patched, mut plain) = (b"before".to_vec(), b"before".to_vec());
            message(&mut patched, 0x12, |out| out.extend_from_slice(&content));
            bytes(&mut plain, 0x12, &content);
            assert!(patched == plain, "{length} bytes");
            assert_eq!(plain.len(), 6 + field_bytes(length), "{length} bytes");
        }
    }

    #[test]
    fn the_size_of_a_varint_is_that_of_what_is_written() {
        for shift in 0..64 {
            for value in [1_u64 << shift, (1 << shift) - 1, u64::MAX >> shift] {
                let mut out = Vec::new();
                varint(&mut out, value);
                assert_eq!(out.len(), varint_bytes(value), "{value}");
            }
        }
    }
}
