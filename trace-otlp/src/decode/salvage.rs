//! Reads the intact parts of a damaged request.
//!
//! Finds the spans and groups that are at fault, and replaces them so that the rest
//! can be read.

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::decoded::MAX_PROBLEMS;
use super::error::{DecodeError, Position, join};
use super::explain::explain;
use super::frames::Frame;
use super::lines::Lines;
use super::names::Name;
use super::pieces::{elements, fields};
use super::wire;

/// A copy of a request in which empty objects replace the parts that cannot be read.
pub(super) struct Salvage<'a> {
    pub(super) text: Vec<u8>,
    /// The places from which spans and traces were taken out, in order.
    pub(super) taken: Vec<usize>,
    /// How many spans were taken out. A group without spans counts as one.
    pub(super) left_out: u64,
    /// How many spans there are, and how many of them were taken out.
    pub(super) spans: u64,
    taken_spans: u64,
    pub(super) problems: Vec<DecodeError>,
    frame: &'a Frame<'a>,
    lines: Lines,
}

impl<'a> Salvage<'a> {
    pub(super) fn new(frame: &'a Frame<'a>) -> Self {
        let mut salvage = Self {
            text: frame.bytes.to_vec(),
            taken: Vec::new(),
            left_out: 0,
            spans: 0,
            taken_spans: 0,
            problems: Vec::new(),
            frame,
            lines: Lines::new(frame.start),
        };
        salvage.document(0..frame.bytes.len(), "", 0);
        salvage.problems.sort_by_key(DecodeError::position);
        salvage.taken.sort_unstable();
        salvage
    }

    fn document(&mut self, range: Range<usize>, path: &str, depth: usize) {
        let whole = self.frame.bytes;
        let is_trace = fields(whole, range.clone()).any(|(key, _)| key == b"traceID");
        for (key, value) in fields(whole, range) {
            let path = |index| element(path, key, index);
            match (wire::DOCUMENT.find_bytes(key), key) {
                (Name::Field("resourceSpans" | "batches"), _) => {
                    for (index, range) in elements(whole, value).enumerate() {
                        self.group(range, &path(index));
                    }
                }
                (Name::Field("scopeSpans" | "instrumentationLibrarySpans"), _) => {
                    self.scopes(value, &path);
                }
                (_, b"result" | b"trace") if depth < wire::MAX_DEPTH => {
                    let path = path(0);
                    let path = path.strip_suffix("[0]").unwrap_or(&path);
                    self.document(value, path, depth + 1);
                }
                (_, b"data") => {
                    for (index, range) in elements(whole, value).enumerate() {
                        self.trace(range, &path(index));
                    }
                }
                (_, b"spans") if is_trace => self.spans(value, &path),
                _ => {}
            }
        }
    }

    fn group(&mut self, range: Range<usize>, path: &str) {
        let before = self.mark();
        for (key, value) in fields(self.frame.bytes, range.clone()) {
            match wire::GROUP.find_bytes(key) {
                Name::Field(name) | Name::Misspelled(name) if name.ends_with("Spans") => {
                    self.scopes(value, &|index| element(path, key, index));
                }
                _ if key == b"spans" => {
                    self.spans(value, &|index| element(path, key, index));
                }
                _ => {}
            }
        }
        self.check(Part::Group, range, path, before);
    }

    fn scopes(&mut self, range: Range<usize>, path: &dyn Fn(usize) -> String) {
        for (index, range) in elements(self.frame.bytes, range).enumerate() {
            let path = path(index);
            let before = self.mark();
            for (key, value) in fields(self.frame.bytes, range.clone()) {
                if let Name::Field("spans") | Name::Misspelled("spans") =
                    wire::SCOPE.find_bytes(key)
                {
                    self.spans(value, &|index| element(&path, key, index));
                }
            }
            self.check(Part::Scope, range, &path, before);
        }
    }

    fn trace(&mut self, range: Range<usize>, path: &str) {
        let before = self.mark();
        let start = range.start;
        for (key, value) in fields(self.frame.bytes, range.clone()) {
            if key == b"spans" {
                self.spans(value, &|index| element(path, key, index));
            }
        }
        if self.check(Part::Raw, range, path, before) {
            self.taken.push(start);
        }
    }

    fn spans(&mut self, range: Range<usize>, path: &dyn Fn(usize) -> String) {
        for (index, range) in elements(self.frame.bytes, range).enumerate() {
            let before = self.mark();
            self.spans += 1;
            let start = range.start;
            if self.check(Part::Raw, range, &path(index), before) {
                self.taken.push(start);
            }
        }
    }

    const fn mark(&self) -> Mark {
        Mark {
            spans: self.spans,
            taken_spans: self.taken_spans,
        }
    }

    /// Takes out the part at `range` if it is at fault. Returns whether it was. `before` has
    /// the counts before its spans.
    fn check(&mut self, part: Part, range: Range<usize>, path: &str, before: Mark) -> bool {
        let start = self.lines.position(self.frame.bytes, range.start);
        let text = self.text.get(range.clone()).unwrap_or_default();
        let fault = match part {
            Part::Group => fault::<wire::ResourceSpans<'_>>(text, start, path),
            Part::Scope => fault::<wire::ScopeSpans<'_>>(text, start, path),
            Part::Raw => fault::<&RawValue>(text, start, path),
        };
        let Some(problem) = fault else {
            return false;
        };
        let taken_before = self.taken_spans - before.taken_spans;
        let spans = self.spans - before.spans;
        self.taken_spans = self.taken_spans - taken_before + spans;
        self.left_out += match spans {
            0 => 1,
            spans => spans - taken_before,
        };
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
        self.blank(range);
        true
    }

    /// Replaces the part at `range` with an empty object.
    fn blank(&mut self, range: Range<usize>) {
        let is_comma = |index: usize| self.text.get(index) == Some(&b',');
        let spaces = |byte: &&u8| byte.is_ascii_whitespace();
        let bytes = self.text.get(..range.start).unwrap_or_default();
        let before = range
            .start
            .wrapping_sub(1 + bytes.iter().rev().take_while(spaces).count());
        let bytes = self.text.get(range.end..).unwrap_or_default();
        let behind = range.end + bytes.iter().take_while(spaces).count();
        // One byte has no room for `{}`: the part is removed with its comma.
        let comma = [before, behind].into_iter().find(|index| is_comma(*index));
        let is_short = range.len() < 2;
        if let Some(text) = self.text.get_mut(range) {
            text.fill(b' ');
            if let [open, close, ..] = text {
                (*open, *close) = (b'{', b'}');
            }
        }
        let comma = comma.filter(|_| is_short);
        if let Some(byte) = comma.and_then(|comma| self.text.get_mut(comma)) {
            *byte = b' ';
        }
    }
}

/// The kind of a part.
#[derive(Clone, Copy)]
enum Part {
    Group,
    Scope,
    /// A span or a trace, which is read later.
    Raw,
}

fn fault<'a, T: Deserialize<'a>>(
    text: &'a [u8],
    start: Position,
    path: &str,
) -> Option<DecodeError> {
    let error = serde_json::from_slice::<T>(text).err()?;
    Some(explain::<T>(text, &error, start, path))
}

/// The counts before a part of the request.
#[derive(Clone, Copy)]
struct Mark {
    spans: u64,
    taken_spans: u64,
}

fn element(path: &str, key: &[u8], index: usize) -> String {
    join(path, &format!("{}[{index}]", String::from_utf8_lossy(key)))
}
