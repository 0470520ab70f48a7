//! Holds the result of a document while it is read: its spans so far, and the parts that were
//! left out.
//!
//! All formats take their parts out of the text through this file, so all of them report,
//! count and leave out unreadable parts in the same way. This file knows no format.

use serde::Deserialize;
use serde_json::value::RawValue;
use trace_core::visible;

use super::decoded::{DecodedRequest, MAX_PROBLEMS, ResourceSpans};
use super::error::{DecodeError, Position, join};
use super::explain::explain;
use super::frames::Frame;
use super::lines::Lines;

/// Longest reason for an incomplete answer that is kept, in characters.
const MAX_PARTIAL_CHARS: usize = 240;

/// Reads one document.
pub(super) struct Reader<'a> {
    pub(super) frame: &'a Frame<'a>,
    lenient: bool,
    lines: Lines,
    /// The places from which spans and traces were taken out of the frame, in order.
    taken: Vec<usize>,
    pub(super) request: DecodedRequest,
}

impl<'a> Reader<'a> {
    pub(super) fn new(frame: &'a Frame<'a>, lenient: bool, taken: Vec<usize>) -> Self {
        Self {
            frame,
            lenient,
            lines: Lines::new(frame.start),
            taken,
            request: DecodedRequest::default(),
        }
    }

    /// Reads one of the `spans` at `path`; `None` if it is left out.
    pub(super) fn span<'t, T: Deserialize<'t>>(
        &mut self,
        path: &str,
        index: usize,
        text: &'t RawValue,
    ) -> Result<Option<T>, DecodeError> {
        let path = || join(path, &format!("spans[{index}]"));
        self.part_at(path, text, |_| 1)
    }

    /// Reads the value at `path`; `None` if it is left out. `spans` returns the number of
    /// spans that are then left out.
    pub(super) fn part<'t, T: Deserialize<'t>>(
        &mut self,
        path: &str,
        text: &'t RawValue,
        spans: impl FnOnce(&'t RawValue) -> u64,
    ) -> Result<Option<T>, DecodeError> {
        self.part_at(|| path.to_owned(), text, spans)
    }

    fn part_at<'t, T: Deserialize<'t>>(
        &mut self,
        path: impl FnOnce() -> String,
        text: &'t RawValue,
        spans: impl FnOnce(&'t RawValue) -> u64,
    ) -> Result<Option<T>, DecodeError> {
        if !self.taken.is_empty() && self.taken.binary_search(&self.offset_of(text)).is_ok() {
            return Ok(None);
        }
        let error = match serde_json::from_str(text.get()) {
            Ok(part) => return Ok(Some(part)),
            Err(error) => error,
        };
        self.request.left_out += spans(text).max(1);
        if self.request.problems.len() < MAX_PROBLEMS {
            let at = self.position_of(text);
            let problem = explain::<T>(text.get().as_bytes(), &error, at, &path());
            if !self.lenient {
                return Err(problem);
            }
            self.request.problems.push(problem);
        }
        Ok(None)
    }

    /// Counts a span that is left out because of a problem that is already reported.
    pub(super) fn leave_out_more(&mut self) {
        self.request.left_out += 1;
    }

    /// Notes the reason that an answer gives for being incomplete.
    pub(super) fn say_partial(&mut self, said: &str) {
        self.request.partial = Some(visible(said, MAX_PARTIAL_CHARS).into_owned());
    }

    /// Counts a span whose service is referred to but not defined.
    pub(super) fn count_unknown_service(&mut self) {
        self.request.unknown_services += 1;
    }

    /// Counts a value of an enum.
    pub(super) fn count(&mut self, is_unknown: bool) {
        self.request.unknown_enums += u64::from(is_unknown);
    }

    pub(super) fn push(&mut self, group: ResourceSpans) {
        self.request.groups.push(group);
    }

    /// Returns the place in the input of a text within the frame.
    pub(super) fn position_of(&mut self, text: &RawValue) -> Position {
        let offset = self.offset_of(text);
        self.lines.position(self.frame.bytes, offset)
    }

    fn offset_of(&self, text: &RawValue) -> usize {
        let bytes = self.frame.bytes;
        (text.get().as_ptr() as usize).saturating_sub(bytes.as_ptr() as usize)
    }
}
