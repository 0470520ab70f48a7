//! Recognizes input that is not JSON by its first bytes, and names it for error messages.

/// The first bytes of other formats that programs write instead of JSON.
///
/// Source: RFC 1952; RFC 8878; *APPNOTE.TXT* of ZIP; the web sites of the others.
const MAGIC: [(&[u8], &str); 11] = [
    (b"\x1f\x8b", "gzip data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"PK\x03\x04", "a zip archive"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ", "xz data"),
    (b"\x04\x22\x4d\x18", "lz4 data"),
    (b"\xff\xfe\0\0", "text in UTF-32"),
    (b"\xff\xfe", "text in UTF-16"),
    (b"\xfe\xff", "text in UTF-16"),
    (b"\0\0\0{", "text in UTF-32"),
    (b"\0\0\0[", "text in UTF-32"),
];

/// Bytes that are needed to recognize all of them.
pub(super) const MAGIC_BYTES: usize = 5;

/// Returns the name of the format that begins with `bytes`, if it is not UTF-8 text.
pub(super) fn data(bytes: &[u8]) -> Option<&'static str> {
    let known = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic));
    known.map(|(_, name)| *name).or(match bytes {
        [b'{' | b'[', 0, 0, 0, ..] => Some("text in UTF-32"),
        [b'{' | b'[', 0, ..] | [0, b'{' | b'[', ..] => Some("text in UTF-16"),
        _ => None,
    })
}

/// Returns whether `bytes` are too short, but may be the beginning of a known format.
pub(super) fn may_be_data(bytes: &[u8]) -> bool {
    bytes.len() < MAGIC_BYTES && MAGIC.iter().any(|(magic, _)| magic.starts_with(bytes))
}

/// Describes the first bytes, for an error.
pub(super) fn name(bytes: &[u8]) -> String {
    match (data(bytes), bytes.first()) {
        (Some(name), _) => name.to_owned(),
        (None, Some(byte)) if byte.is_ascii_graphic() => format!("`{}`", char::from(*byte)),
        (None, Some(byte)) => format!("byte {byte:#04x}"),
        (None, None) => "the end of the input".to_owned(),
    }
}
