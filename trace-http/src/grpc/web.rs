//! The frames of gRPC-Web. The last frame contains the trailers.
//!
//! Source: gRPC, *gRPC Web*: each frame contains a message or the trailers. It consists of one
//! byte of flags, four bytes of length, and the content.

use http::{HeaderMap, HeaderName, HeaderValue};

/// The flag of a frame that contains trailers.
const IS_TRAILERS: u8 = 0x80;
/// The largest number of bytes of trailers that are read. A status needs fewer.
const MAX_TRAILERS: usize = 16 * 1_024;
/// The number of bytes before the content of a frame.
const HEAD: usize = 5;

/// Reads frames as they pass, in pieces of any size, until the trailers are complete.
#[derive(Debug)]
pub(crate) struct Frames {
    encoding: Encoding,
    /// The bytes of an incomplete frame head.
    head: Vec<u8>,
    /// The number of bytes of the current frame that have not arrived yet.
    left: usize,
    is_trailers: bool,
    /// The first bytes of the trailers, at most [`MAX_TRAILERS`].
    trailers: Vec<u8>,
    /// Set when the trailers are complete. Everything after them is ignored.
    is_over: bool,
}

#[derive(Debug)]
enum Encoding {
    Binary,
    /// Base64, with the characters of an incomplete group of four. There may be padding in the
    /// middle of the text.
    #[cfg_attr(not(feature = "tonic"), expect(dead_code, reason = "not decoded"))]
    Text(Vec<u8>),
}

impl Frames {
    pub(crate) fn binary() -> Self {
        Self::new(Encoding::Binary)
    }

    pub(crate) fn text() -> Self {
        Self::new(Encoding::Text(Vec::new()))
    }

    fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            head: Vec::new(),
            left: 0,
            is_trailers: false,
            trailers: Vec::new(),
            is_over: false,
        }
    }

    /// Whether this build can decode the frames.
    pub(crate) const fn can_read(&self) -> bool {
        cfg!(feature = "tonic") || matches!(self.encoding, Encoding::Binary)
    }

    /// Reads a piece of the body. Returns the trailers, once, if this piece completes them.
    pub(crate) fn read(&mut self, piece: &[u8]) -> Option<HeaderMap> {
        if self.is_over {
            return None;
        }
        match &mut self.encoding {
            Encoding::Binary => self.read_frames(piece),
            #[cfg(feature = "tonic")]
            Encoding::Text(waiting) => {
                let decoded = decode_base64(waiting, piece);
                self.read_frames(&decoded);
            }
            #[cfg(not(feature = "tonic"))]
            Encoding::Text(_) => {}
        }
        self.is_over.then(|| self.trailers())
    }

    fn read_frames(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.is_over {
            if self.left == 0 {
                let (head, rest) = bytes.split_at(bytes.len().min(HEAD - self.head.len()));
                self.head.extend_from_slice(head);
                bytes = rest;
                self.begin_frame();
            } else {
                let (content, rest) = bytes.split_at(bytes.len().min(self.left));
                if self.is_trailers {
                    let room = MAX_TRAILERS.saturating_sub(self.trailers.len());
                    self.trailers.extend(content.iter().take(room));
                }
                self.left -= content.len();
                bytes = rest;
            }
            self.is_over = self.is_trailers && self.left == 0;
        }
    }

    /// Begins a frame, if its head is complete.
    fn begin_frame(&mut self) {
        if let [flags, a, b, c, d] = self.head[..] {
            self.left = u32::from_be_bytes([a, b, c, d]) as usize;
            self.is_trailers = flags & IS_TRAILERS != 0;
            self.head.clear();
        }
    }

    fn trailers(&mut self) -> HeaderMap {
        let mut trailers = std::mem::take(&mut self.trailers);
        if trailers.len() == MAX_TRAILERS {
            // The last line may be incomplete. A part of a status would be read as another
            // status.
            let whole = trailers.iter().rposition(|byte| *byte == b'\n');
            trailers.truncate(whole.unwrap_or(0));
        }
        let lines = trailers.split(|byte| *byte == b'\n');
        lines.filter_map(line).collect()
    }
}

/// Reads a line of trailers; `None` if it is invalid.
fn line(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at(colon);
    let name = HeaderName::from_bytes(name.trim_ascii()).ok()?;
    let value = value.strip_prefix(b":")?.trim_ascii();
    Some((name, HeaderValue::from_bytes(value).ok()?))
}

/// Decodes all complete groups of four characters. The rest waits for the next piece. Groups
/// that are not base64 are left out.
#[cfg(feature = "tonic")]
fn decode_base64(waiting: &mut Vec<u8>, piece: &[u8]) -> Vec<u8> {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    waiting.extend_from_slice(piece);
    let whole = waiting.len() / 4 * 4;
    let mut decoded = Vec::with_capacity(whole / 4 * 3);
    for group in waiting.drain(..whole).collect::<Vec<u8>>().chunks(4) {
        // Each group is decoded alone, because there may be padding in the middle.
        let _bad = STANDARD.decode_vec(group, &mut decoded);
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"\0\0\0\0\x02hi\0\0\0\0\0\x80\0\0\0\x1bGrpc-Status: 5\r\nno line\r\n\r\n";

    fn status(mut frames: Frames, body: &[u8], piece: usize) -> Option<String> {
        let mut found = body.chunks(piece).filter_map(|piece| frames.read(piece));
        let (trailers, others) = (found.next()?, found.count());
        assert_eq!(others, 0);
        Some(trailers.get("grpc-status")?.to_str().unwrap().to_owned())
    }

    #[test]
    fn trailers_are_found_in_pieces_of_any_size() {
        for piece in 1..=BODY.len() {
            assert_eq!(status(Frames::binary(), BODY, piece).as_deref(), Some("5"));
        }
        let (_, cut) = BODY.split_last().unwrap();
        assert_eq!(status(Frames::binary(), &BODY[..cut.len()], 7), None);
    }

    #[test]
    fn the_first_trailers_are_the_only_ones() {
        let body = b"\x80\0\0\0\x04a:1\n\x80\0\0\0\x0egrpc-status:5\n";
        for piece in 1..=body.len() {
            assert_eq!(status(Frames::binary(), body, piece), None);
        }
    }

    #[test]
    fn trailers_that_are_too_long_are_read_to_the_last_whole_line() {
        for (filling, expected) in [(8, Some("13")), (MAX_TRAILERS - 13, None)] {
            let lines = format!(
                "{}\ngrpc-status:13\n{}",
                "x".repeat(filling),
                "y".repeat(MAX_TRAILERS)
            );
            let length = u32::try_from(lines.len()).unwrap().to_be_bytes();
            let body = [&[IS_TRAILERS], &length[..], lines.as_bytes()].concat();
            assert_eq!(status(Frames::binary(), &body, 1_000).as_deref(), expected);
        }
    }

    #[cfg(feature = "tonic")]
    #[test]
    fn text_may_be_padded_in_the_middle() {
        use base64::Engine as _;
        let engine = base64::engine::general_purpose::STANDARD;
        let (first, second) = BODY.split_at(7);
        let text = [first, second].map(|part| engine.encode(part)).concat();
        for piece in 1..=text.len() {
            let found = status(Frames::text(), text.as_bytes(), piece);
            assert_eq!(found.as_deref(), Some("5"));
        }
    }
}
