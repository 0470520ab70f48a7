//! Buffers the part of an input that was read but not yet used, and tracks its position.

use std::io::{self, ErrorKind, Read};

use super::error::{DecodeError, Position};
use super::scan::{End, Scan};

pub(super) struct Buffer<R> {
    reader: R,
    /// Bytes `done..filled` were read but are not used yet.
    bytes: Vec<u8>,
    done: usize,
    filled: usize,
    /// The place of byte `done` in the input.
    at: Position,
    /// Most objects and arrays of one request.
    max_items: usize,
    progress: Progress,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// The reader may have more.
    Reading,
    /// The reader has no more; the buffer may still have some.
    Ended,
    /// The reader failed, or a request was too long: nothing can follow.
    Broken,
}

const CHUNK_BYTES: usize = 64 << 10;
const MAX_CHUNK_BYTES: usize = 1 << 20;

impl<R> Buffer<R> {
    pub(super) const fn new(reader: R) -> Self {
        Self {
            reader,
            bytes: Vec::new(),
            done: 0,
            filled: 0,
            at: Position { line: 1, column: 1 },
            max_items: usize::MAX,
            progress: Progress::Reading,
        }
    }

    /// Returns the place in the input.
    pub(super) const fn at(&self) -> Position {
        self.at
    }

    /// Returns the bytes that were read but not passed over.
    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.done..self.filled).unwrap_or_default()
    }

    pub(super) const fn set_max_items(&mut self, items: usize) {
        self.max_items = items;
    }

    pub(super) fn is_broken(&self) -> bool {
        self.progress == Progress::Broken
    }

    pub(super) fn advance(&mut self, bytes: usize) {
        let bytes = bytes.min(self.rest().len());
        let passed = self.rest().get(..bytes).unwrap_or_default();
        self.at = self.at.after(passed);
        self.done += bytes;
    }

    /// Passes over bytes that do not count in columns.
    pub(super) const fn skip_mark(&mut self, bytes: usize) {
        self.done += bytes;
    }

    /// Passes over bytes and returns them.
    pub(super) fn take(&mut self, bytes: usize) -> &mut [u8] {
        let begin = self.done;
        self.advance(bytes);
        self.bytes.get_mut(begin..self.done).unwrap_or_default()
    }
}

impl<R: Read> Buffer<R> {
    pub(super) fn skip_space(&mut self) -> Result<(), DecodeError> {
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

    /// Passes over everything before such a byte, or over everything if there is none.
    pub(super) fn skip_to(
        &mut self,
        max_bytes: usize,
        mut is_end: impl FnMut(u8) -> bool,
    ) -> Result<(), DecodeError> {
        let start = self.at;
        let mut passed = 0_usize;
        loop {
            let found = self.rest().iter().position(|byte| is_end(*byte));
            let bytes = found.unwrap_or(self.rest().len());
            self.advance(bytes);
            passed += bytes;
            if passed > max_bytes {
                return Err(self.too_long(start, "what stands here", max_bytes));
            }
            if found.is_some() || !self.fill()? {
                return Ok(());
            }
        }
    }

    /// Returns the end of the object or array that begins here.
    pub(super) fn find_end(&mut self, max_bytes: usize) -> Result<End, DecodeError> {
        let mut scan = Scan::new(self.at.column);
        loop {
            let is_whole = self.progress != Progress::Reading;
            let end = scan.find_end(self.rest(), is_whole);
            let bytes = match end {
                Some(End::Whole(bytes) | End::Cut(bytes)) => bytes,
                None => self.rest().len(),
            };
            if bytes > max_bytes {
                return Err(self.too_long(self.at, "the request", max_bytes));
            }
            if scan.items() > self.max_items {
                self.progress = Progress::Broken;
                let most = self.max_items;
                let message = format!("the request has more than {most} objects and arrays");
                return Err(DecodeError::new(self.at, message));
            }
            match end {
                Some(end) => return Ok(end),
                None => self.fill()?,
            };
        }
    }

    fn too_long(&mut self, at: Position, what: &str, max_bytes: usize) -> DecodeError {
        self.progress = Progress::Broken;
        DecodeError::new(at, format!("{what} has more than {max_bytes} bytes"))
    }

    /// Reads more. Returns whether there was more.
    pub(super) fn fill(&mut self) -> Result<bool, DecodeError> {
        if self.progress != Progress::Reading {
            return Ok(false);
        }
        self.bytes.copy_within(self.done..self.filled, 0);
        self.filled -= self.done;
        self.done = 0;
        if self.filled == self.bytes.len() {
            let chunk = self.filled.clamp(CHUNK_BYTES, MAX_CHUNK_BYTES);
            self.bytes.resize(self.filled + chunk, 0);
        }
        let space = self.bytes.get_mut(self.filled..).unwrap_or_default();
        let space_bytes = space.len();
        let result = read(&mut self.reader, space);
        match result {
            Ok(0) => {
                self.progress = Progress::Ended;
                Ok(false)
            }
            Ok(bytes) => {
                // A faulty reader may claim to have filled more than the buffer's size.
                self.filled += bytes.min(space_bytes);
                Ok(true)
            }
            Err(error) => {
                self.progress = Progress::Broken;
                Err(DecodeError::from_reader(self.at, error))
            }
        }
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
