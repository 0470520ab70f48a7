//! Cuts an input into requests, without looking into them.

use std::io::{ErrorKind, Read};
use std::{fmt, io};

use super::error::{DecodeError, Position};
use super::surrogates;

/// An input as a row of JSON objects.
///
/// Between objects there may be white space; arrays around them may be there.
/// An object ends with its last brace, or where it is obviously cut off: at the
/// end of a line within a text, where no JSON goes on, and before a line that
/// begins another request.
pub(super) struct Frames<R> {
    reader: R,
    /// Bytes `done..filled` were read and are still to be looked at.
    buffer: Vec<u8>,
    done: usize,
    filled: usize,
    /// Where in the input byte `done` is.
    at: Position,
    place: Place,
    /// How many arrays this is in.
    arrays: usize,
    progress: Progress,
}

/// The text of one request.
pub(super) struct Frame<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) start: Position,
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// An object, an array, or the end.
    Top,
    /// After `[`: an object or `]`.
    ArrayStart,
    /// After an object in an array: `,` or `]`.
    ArrayObject,
    /// After `,`: an object.
    ArrayComma,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// Nothing was read.
    New,
    /// The reader may have more.
    Reading,
    /// The reader has no more; the buffer may have.
    Ended,
    /// The reader failed, or a request was too long: nothing can follow.
    Broken,
}

/// Arrays within each other: Zipkin gives traces as arrays of arrays of spans.
const MAX_ARRAYS: usize = 2;
const CHUNK_BYTES: usize = 64 << 10;
const MAX_CHUNK_BYTES: usize = 1 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const GZIP_MAGIC: &[u8] = b"\x1f\x8b";
const REQUEST_STARTS: [&[u8]; 2] = [b"{\"resourceSpans\"", b"{\"resource_spans\""];
const MAX_START_BYTES: usize = REQUEST_STARTS[1].len();

impl<R: Read> Frames<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: Vec::new(),
            done: 0,
            filled: 0,
            at: Position { line: 1, column: 1 },
            place: Place::Top,
            arrays: 0,
            progress: Progress::New,
        }
    }

    /// Returns the next request; `None` at the end.
    pub(super) fn next(&mut self, max_bytes: usize) -> Result<Option<Frame<'_>>, DecodeError> {
        if self.progress == Progress::New {
            self.begin()?;
        }
        loop {
            self.skip_space()?;
            let byte = self.rest().first().copied();
            self.place = match (self.place, byte) {
                (Place::Top, None) => return Ok(None),
                (Place::Top | Place::ArrayStart | Place::ArrayComma, Some(b'['))
                    if self.arrays < MAX_ARRAYS =>
                {
                    self.arrays += 1;
                    Place::ArrayStart
                }
                (Place::ArrayStart | Place::ArrayObject, Some(b']')) => {
                    self.arrays = self.arrays.saturating_sub(1);
                    self.behind()
                }
                (Place::ArrayObject, Some(b',')) => Place::ArrayComma,
                (Place::Top | Place::ArrayStart | Place::ArrayComma, Some(b'{')) => {
                    let behind = self.behind();
                    return self.frame(max_bytes, behind).map(Some);
                }
                (place, _) => return Err(self.refuse(place)),
            };
            self.advance(1);
        }
    }

    /// Returns where one is behind an object or an array.
    const fn behind(&self) -> Place {
        match self.arrays {
            0 => Place::Top,
            _ => Place::ArrayObject,
        }
    }

    /// Returns whether more can follow after an error.
    pub(super) fn can_go_on(&self) -> bool {
        self.progress != Progress::Broken
    }

    fn begin(&mut self) -> Result<(), DecodeError> {
        self.progress = Progress::Reading;
        while self.rest().len() < BYTE_ORDER_MARK.len() && self.fill()? {}
        if self.rest().starts_with(BYTE_ORDER_MARK) {
            self.done = BYTE_ORDER_MARK.len();
        }
        Ok(())
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.done..self.filled).unwrap_or_default()
    }

    fn skip_space(&mut self) -> Result<(), DecodeError> {
        loop {
            let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
            let rest = self.rest();
            let spaces = rest.iter().take_while(|byte| is_space(byte)).count();
            let is_found = spaces < rest.len();
            self.advance(spaces);
            if is_found || !self.fill()? {
                return Ok(());
            }
        }
    }

    /// Cuts the object that begins here; `place` comes after it.
    fn frame(&mut self, max_bytes: usize, place: Place) -> Result<Frame<'_>, DecodeError> {
        let mut scan = Scan::default();
        let length = loop {
            let is_whole = self.progress == Progress::Ended;
            if let Some(length) = scan.find_end(self.rest(), is_whole) {
                break length;
            }
            if self.rest().len() > max_bytes {
                self.progress = Progress::Broken;
                let message = format!("the request has more than {max_bytes} bytes");
                return Err(DecodeError::new(self.at, message));
            }
            if !self.fill()? {
                break self.rest().len();
            }
        };
        self.place = place;
        let (start, begin) = (self.at, self.done);
        self.advance(length);
        let bytes = self.buffer.get_mut(begin..self.done).unwrap_or_default();
        surrogates::mend(bytes);
        Ok(Frame { bytes, start })
    }

    /// Makes the error for what stands here, and passes over the line.
    fn refuse(&mut self, place: Place) -> DecodeError {
        let rest = self.rest();
        let found = match rest.first() {
            Some(_) if rest.starts_with(GZIP_MAGIC) => "gzip data".to_owned(),
            Some(byte) if byte.is_ascii_graphic() => format!("`{}`", char::from(*byte)),
            Some(byte) => format!("byte {byte:#04x}"),
            None => "the end of the input".to_owned(),
        };
        let expected = match place {
            Place::Top => "a JSON object or an array of them",
            Place::ArrayStart => "an object or `]`",
            Place::ArrayObject => "`,` or `]`",
            Place::ArrayComma => "an object",
        };
        let error = DecodeError::new(self.at, format!("found {found}; expected {expected}"));
        (self.place, self.arrays) = (Place::Top, 0);
        // What cannot be read on the way to the next line shows up there again.
        loop {
            let rest = self.rest();
            match rest.iter().position(|byte| *byte == b'\n') {
                Some(end) => break self.advance(end + 1),
                None => self.advance(rest.len()),
            }
            if !matches!(self.fill(), Ok(true)) {
                break;
            }
        }
        error
    }

    /// Reads more; returns whether there was any.
    fn fill(&mut self) -> Result<bool, DecodeError> {
        if self.progress != Progress::Reading {
            return Ok(false);
        }
        self.buffer.copy_within(self.done..self.filled, 0);
        self.filled -= self.done;
        self.done = 0;
        if self.filled == self.buffer.len() {
            let chunk = self.filled.clamp(CHUNK_BYTES, MAX_CHUNK_BYTES);
            self.buffer.resize(self.filled + chunk, 0);
        }
        let space = self.buffer.get_mut(self.filled..).unwrap_or_default();
        let space_bytes = space.len();
        let result = read(&mut self.reader, space);
        match result {
            Ok(0) => {
                self.progress = Progress::Ended;
                Ok(false)
            }
            Ok(bytes) => {
                // A wrong reader may claim to have given more than it could.
                self.filled += bytes.min(space_bytes);
                Ok(true)
            }
            Err(error) => {
                self.progress = Progress::Broken;
                Err(DecodeError::of_reader(self.at, error))
            }
        }
    }

    fn advance(&mut self, bytes: usize) {
        let passed = self.rest().get(..bytes).unwrap_or_default();
        self.at = self.at.after(passed);
        self.done += bytes;
    }
}

fn read(reader: &mut impl Read, space: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(space) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Looks for the end of an object, in as many steps as its bytes come in.
#[derive(Default)]
struct Scan {
    scanned: usize,
    depth: usize,
    in_text: bool,
    /// Whether the byte before was a backslash in a text.
    is_escaped: bool,
}

impl Scan {
    /// Returns the length of the object that `bytes` begin with, once it is known.
    /// `bytes` are those of the last call and more, all that come if `is_whole`.
    fn find_end(&mut self, bytes: &[u8], is_whole: bool) -> Option<usize> {
        let new = bytes.iter().enumerate().skip(self.scanned);
        for (index, byte) in new {
            if self.in_text {
                match byte {
                    b'\n' => return Some(index),
                    _ if self.is_escaped => self.is_escaped = false,
                    b'\\' => self.is_escaped = true,
                    b'"' => self.in_text = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_text = true,
                b'{' if self.depth > 0 && bytes.get(index - 1) == Some(&b'\n') => {
                    let line = bytes.get(index..).unwrap_or_default();
                    if line.len() < MAX_START_BYTES && !is_whole {
                        self.scanned = index;
                        return None;
                    }
                    if REQUEST_STARTS.iter().any(|start| line.starts_with(start)) {
                        return Some(index);
                    }
                    self.depth += 1;
                }
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth == 1 => return Some(index + 1),
                b'}' | b']' => self.depth -= 1,
                _ => {}
            }
        }
        self.scanned = bytes.len();
        None
    }
}

impl<R> fmt::Debug for Frames<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frames")
            .field("at", &self.at)
            .field("place", &self.place)
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}
