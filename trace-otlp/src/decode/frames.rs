//! Cuts an input into requests.
//!
//! Decides where a request begins and ends, and where reading resumes after an error. Does not
//! read the content of a request.

use std::fmt;
use std::io::Read;

use super::buffer::Buffer;
use super::error::{DecodeError, Position};
use super::magic::{self, MAGIC_BYTES};
use super::scan::{End, Key, first_key};
use super::surrogates;

/// An input as a sequence of JSON objects.
///
/// There may be white space between objects, and arrays around them. An object ends with its
/// last brace, or where it is obviously cut off. That is at the end of a line within a text,
/// or before a line that begins another object and cannot continue this one; see `scan`.
pub(super) struct Frames<R> {
    input: Buffer<R>,
    expecting: Expecting,
    /// The columns in which the arrays around this place begin.
    arrays: Vec<usize>,
    /// What to skip before the next object.
    unread: Unread,
    /// Whether an object in these arrays was cut off, so that a comma or bracket may be
    /// missing.
    is_damaged: bool,
    /// Whether a comma or bracket between objects was reported as superfluous.
    is_loose: bool,
    /// How many objects were read.
    objects: u64,
    is_begun: bool,
}

/// The text of one request.
pub(super) struct Frame<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) start: Position,
    /// Whether only white space and a byte order mark came before it.
    pub(super) is_first: bool,
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expecting {
    /// An object, an array, or the end.
    Top,
    /// After `[`: an object or `]`.
    ArrayStart,
    /// After an object in an array: `,` or `]`.
    ArrayObject,
    /// After `,`: an object.
    ArrayComma,
}

/// A part that cannot be read and is not skipped yet. It is skipped only at the next read, so
/// a caller that stops at an error does not wait for more input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unread {
    Nothing,
    /// The rest of a line.
    Line,
    /// One value in an array.
    Value,
    /// The rest of an object that began in this column with this field.
    Object(usize, Key),
}

/// Most nested arrays. Zipkin returns traces as arrays of arrays of spans.
const MAX_ARRAYS: usize = 2;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl<R> Frames<R> {
    /// Sets how many objects and arrays a request may have.
    pub(super) const fn set_max_items(&mut self, items: usize) {
        self.input.set_max_items(items);
    }
}

impl<R: Read> Frames<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            input: Buffer::new(reader),
            expecting: Expecting::Top,
            arrays: Vec::new(),
            unread: Unread::Nothing,
            is_damaged: false,
            is_loose: false,
            objects: 0,
            is_begun: false,
        }
    }

    /// Returns the next request; `None` at the end.
    pub(super) fn next(&mut self, max_bytes: usize) -> Result<Option<Frame<'_>>, DecodeError> {
        if !self.is_begun {
            self.begin()?;
        }
        self.pass_over(max_bytes)?;
        loop {
            self.input.skip_space()?;
            let byte = self.input.rest().first().copied();
            let after_cut = self.is_damaged && self.expecting == Expecting::ArrayObject;
            self.expecting = match (self.expecting, byte) {
                (Expecting::Top, None) => return Ok(None),
                (Expecting::ArrayObject, None) if self.is_damaged => return Ok(None),
                (Expecting::ArrayObject, Some(b'[')) if after_cut => {
                    self.leave_arrays();
                    continue;
                }
                (Expecting::Top | Expecting::ArrayStart | Expecting::ArrayComma, Some(b'['))
                    if self.arrays.len() < MAX_ARRAYS =>
                {
                    self.arrays.push(self.input.at().column);
                    Expecting::ArrayStart
                }
                (Expecting::ArrayStart | Expecting::ArrayObject, Some(b']')) => {
                    self.arrays.pop();
                    self.behind()
                }
                (Expecting::ArrayObject, Some(b',')) => Expecting::ArrayComma,
                (Expecting::Top | Expecting::ArrayStart | Expecting::ArrayComma, Some(b'{')) => {
                    return self.frame(max_bytes).map(Some);
                }
                (Expecting::ArrayObject, Some(b'{')) if after_cut => {
                    return self.frame(max_bytes).map(Some);
                }
                (Expecting::Top, Some(b',' | b']' | b'}')) if self.is_loose => Expecting::Top,
                (expecting, _) => return Err(self.refuse(expecting)),
            };
            self.input.advance(1);
        }
    }

    /// Returns what is expected after an object or an array.
    fn behind(&mut self) -> Expecting {
        match self.arrays.len() {
            0 => {
                self.is_damaged = false;
                Expecting::Top
            }
            _ => Expecting::ArrayObject,
        }
    }

    /// When an array begins here, leaves the arrays that were cut off before it: the one that
    /// began in the same column, and those within it.
    fn leave_arrays(&mut self) {
        let column = self.input.at().column;
        let same = self.arrays.iter().rposition(|begin| *begin == column);
        self.arrays.truncate(same.unwrap_or(0));
        self.expecting = match self.behind() {
            Expecting::Top => Expecting::Top,
            _ => Expecting::ArrayComma,
        };
    }

    /// Returns whether more can follow after an error.
    pub(super) fn can_go_on(&self) -> bool {
        !self.input.is_broken()
    }

    /// Returns whether only white space is left.
    pub(super) fn is_at_end(&mut self) -> Result<bool, DecodeError> {
        self.input.skip_space()?;
        Ok(self.input.rest().is_empty())
    }

    fn begin(&mut self) -> Result<(), DecodeError> {
        self.is_begun = true;
        let is_mark = |rest: &[u8]| rest.len() < 3 && BYTE_ORDER_MARK.starts_with(rest);
        while is_mark(self.input.rest()) && self.input.fill()? {}
        if self.input.rest().starts_with(BYTE_ORDER_MARK) {
            self.input.skip_mark(BYTE_ORDER_MARK.len());
        }
        // A text with two bytes per character may begin with a brace.
        while self.input.rest() == b"{" && self.input.fill()? {}
        match magic::data(self.input.rest()) {
            Some(_) => Err(self.refuse(Expecting::Top)),
            None => Ok(()),
        }
    }

    /// Cuts the object that begins here.
    fn frame(&mut self, max_bytes: usize) -> Result<Frame<'_>, DecodeError> {
        let is_first = self.objects == 0 && self.arrays.is_empty();
        self.objects += 1;
        let end = self.input.find_end(max_bytes)?;
        let start = self.input.at();
        self.expecting = self.behind();
        let (End::Whole(length) | End::Cut(length)) = end;
        if matches!(end, End::Cut(_)) {
            self.is_damaged = !self.arrays.is_empty();
            let rest = self.input.rest();
            if rest.get(length) == Some(&b'\n') {
                self.unread = Unread::Object(start.column, first_key(rest));
            }
        }
        let bytes = self.input.take(length);
        surrogates::mend(bytes);
        Ok(Frame {
            bytes: match end {
                End::Whole(_) => bytes,
                End::Cut(_) => bytes.trim_ascii_end(),
            },
            start,
            is_first,
        })
    }

    /// Makes the error for the text at this place, which is skipped before the next object.
    fn refuse(&mut self, expecting: Expecting) -> DecodeError {
        let expected = match expecting {
            Expecting::Top => "a JSON object or an array of them",
            Expecting::ArrayStart => "an object or `]`",
            Expecting::ArrayObject => "`,` or `]`",
            Expecting::ArrayComma => "an object",
        };
        while magic::may_be_data(self.input.rest()) && matches!(self.input.fill(), Ok(true)) {}
        let rest = self.input.rest();
        let found = magic::name(rest.get(..MAGIC_BYTES).unwrap_or(rest));
        let message = format!("found {found}; expected {expected}");
        let error = DecodeError::new(self.input.at(), message);
        let byte = rest.first().copied();
        (self.expecting, self.unread) = match (expecting, byte) {
            (_, None) => {
                self.arrays.clear();
                (Expecting::Top, Unread::Nothing)
            }
            (Expecting::Top, Some(b',' | b']' | b'}')) => {
                self.is_loose = true;
                (Expecting::Top, Unread::Nothing)
            }
            (Expecting::Top, _) => (Expecting::Top, Unread::Line),
            (_, Some(b',' | b']')) => (Expecting::ArrayObject, Unread::Nothing),
            (Expecting::ArrayObject, Some(b'['))
                if self.arrays.contains(&self.input.at().column) =>
            {
                self.leave_arrays();
                (self.expecting, Unread::Nothing)
            }
            (Expecting::ArrayObject, Some(b'{')) => {
                // A comma is missing, and perhaps others later.
                self.is_damaged = true;
                (Expecting::ArrayObject, Unread::Nothing)
            }
            _ => (Expecting::ArrayObject, Unread::Value),
        };
        error
    }

    fn pass_over_value(&mut self, max_bytes: usize) -> Result<(), DecodeError> {
        let mut is_escaped = false;
        match self.input.rest() {
            [b'{' | b'[', ..] => {
                let (End::Whole(length) | End::Cut(length)) = self.input.find_end(max_bytes)?;
                self.input.advance(length);
            }
            [b'"', ..] => {
                self.input.advance(1);
                self.input.skip_to(max_bytes, |byte| {
                    let ends = byte == b'\n' || byte == b'"' && !is_escaped;
                    is_escaped = byte == b'\\' && !is_escaped;
                    ends
                })?;
                self.input.advance(1);
            }
            _ => {
                self.input.advance(1);
                self.input.skip_to(max_bytes, |byte| {
                    matches!(byte, b',' | b'{' | b'}' | b'[' | b']' | b'"')
                        || byte.is_ascii_whitespace()
                })?;
            }
        }
        Ok(())
    }

    /// Passes over the refused part.
    fn pass_over(&mut self, max_bytes: usize) -> Result<(), DecodeError> {
        match std::mem::replace(&mut self.unread, Unread::Nothing) {
            Unread::Nothing => Ok(()),
            Unread::Line => self.input.skip_to(max_bytes, |byte| byte == b'\n'),
            Unread::Value => loop {
                self.pass_over_value(max_bytes)?;
                self.input.skip_space()?;
                match self.input.rest() {
                    [] | [b',' | b']', ..] => return Ok(()),
                    [b'{', ..] => {
                        self.is_damaged = true;
                        return Ok(());
                    }
                    _ => {}
                }
            },
            Unread::Object(column, key) => loop {
                self.input.skip_space()?;
                while first_key(self.input.rest()) == Key::Short && self.input.fill()? {}
                let is_outside = self.input.at().column <= column;
                match self.input.rest() {
                    [] => return Ok(()),
                    [b'{' | b'[', ..] if is_outside => return Ok(()),
                    [b']' | b',', ..] if is_outside && !self.arrays.is_empty() => return Ok(()),
                    rest if first_key(rest).is_of_document(key) => return Ok(()),
                    _ => self.input.skip_to(max_bytes, |byte| byte == b'\n')?,
                }
            },
        }
    }
}

impl<R> fmt::Debug for Frames<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frames")
            .field("at", &self.input.at())
            .field("expecting", &self.expecting)
            .finish_non_exhaustive()
    }
}
