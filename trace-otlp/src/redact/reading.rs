//! What a scan has read so far.

use std::ops::Range;

use super::options::Options;

/// A text, and what was read before the current position.
pub(super) struct Reading<'a> {
    pub(super) options: &'a Options,
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    /// The last two words, the older one first. Empty if there is none.
    pub(super) words: [Range<usize>; 2],
    /// Where the current query parameter begins, if there is one.
    pub(super) parameter: usize,
}

impl<'a> Reading<'a> {
    pub(super) fn new(options: &'a Options, text: &'a str) -> Self {
        Self {
            options,
            text,
            bytes: text.as_bytes(),
            words: [0..0, 0..0],
            parameter: 0,
        }
    }
}
