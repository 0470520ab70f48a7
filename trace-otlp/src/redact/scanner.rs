//! Reads a text once, word by word, and replaces each kind of secret.

use std::ops::Range;

use trace_core::redaction::REDACTED;

use super::escapes::escape_bytes;
use super::options::Options;
use super::output::Output;
use super::reading::Reading;
use super::text::{Class, class, has_at, hex_byte, word_end};
use super::{cards, pairs, pem, personal, tokens, url};

/// The state of one scan.
///
/// Invariant: `at` only grows, and each step reads only a bounded part of the text before and
/// after the bytes that it consumes. So the time is linear.
pub(super) struct Scanner<'a> {
    read: Reading<'a>,
    bytes: &'a [u8],
    /// The position of the next byte.
    at: usize,
    unbroken: url::Unbroken,
    output: Output<'a>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(options: &'a Options, text: &'a str) -> Self {
        Self {
            read: Reading::new(options, text),
            bytes: text.as_bytes(),
            at: 0,
            unbroken: url::Unbroken::default(),
            output: Output::new(text),
        }
    }

    /// Returns the text without secrets; `None` if it has none.
    pub(super) fn run(mut self) -> Option<String> {
        while let Some(byte) = self.bytes.get(self.at) {
            match class(*byte) {
                Class::Word => self.read_word(),
                Class::Separator => self.read_separator(*byte),
                Class::Percent => self.read_percent(),
                Class::Other => {
                    if matches!(byte, b'?' | b'&') {
                        self.read.parameter = self.at + 1;
                    }
                    self.at += 1;
                }
            }
        }
        self.output.finish()
    }

    /// Replaces a part, and continues after it.
    fn replace(&mut self, part: Range<usize>, by: &str) {
        self.at = self.at.max(part.end);
        self.output.replace(part, by);
    }

    fn read_word(&mut self) {
        let start = self.at;
        let end = word_end(self.bytes, start);
        self.at = end;
        let [_, last] = &self.read.words;
        self.read.words = [last.clone(), start..end];
        if let Some(body) = pem::private_key(self.bytes, end) {
            self.replace(body, REDACTED);
        } else if let Some((value, end)) = tokens::credentials(self.bytes, start, end) {
            self.replace(value..end, REDACTED);
        } else if let Some(part) = personal::in_word(self.read.options, self.bytes, start, end) {
            self.replace(part, REDACTED);
        } else if !self.replace_tokens(start, end)
            && let Some((value, by)) = pairs::option(&self.read, start..end)
        {
            self.replace(value, &by);
        }
    }

    /// Replaces the first token or card number that begins in a word: at its beginning, after
    /// an escape, or after a `.` or `_`. Returns whether there was one.
    fn replace_tokens(&mut self, start: usize, end: usize) -> bool {
        let behind_escape = start + escape_bytes(self.bytes, start);
        let mut begin = start;
        while begin < end {
            let byte = self.bytes.get(begin).copied().unwrap_or_default();
            let found = tokens::token_end(self.bytes, begin, end, &self.read.options.prefixes)
                .or_else(|| self.card_end(begin, byte));
            if let Some(end) = found {
                // The rest of the word after the token is read as another word.
                self.at = begin;
                self.replace(begin..end, REDACTED);
                return true;
            }
            begin = if begin < behind_escape {
                behind_escape
            } else {
                let rest = self.bytes.get(begin..end).unwrap_or_default();
                let next = rest.iter().position(|byte| matches!(byte, b'.' | b'_'));
                next.map_or(end, |next| begin + next + 1)
            };
        }
        false
    }

    /// Returns the end of a card number. A card number does not begin after a decimal point.
    fn card_end(&self, begin: usize, byte: u8) -> Option<usize> {
        let before = begin
            .checked_sub(1)
            .and_then(|before| self.bytes.get(before));
        let may_begin = byte.is_ascii_digit() && before != Some(&b'.');
        may_begin.then(|| cards::card_end(self.bytes, begin))?
    }

    fn read_separator(&mut self, byte: u8) {
        let at = self.at;
        if has_at(self.bytes, at, b"://") {
            self.at += 3;
            if let Some((part, has_password)) =
                url::user_info(self.bytes, at + 3, &mut self.unbroken)
            {
                let by = format!("{REDACTED}:{REDACTED}");
                self.replace(part, if has_password { &by } else { REDACTED });
            }
        } else if has_at(self.bytes, at, b"::") {
            let is_start = self.read.words[1].end != at;
            let address = || personal::in_colons(self.read.options, self.bytes, at);
            if let Some(part) = is_start.then(address).flatten() {
                return self.replace(part, REDACTED);
            }
            // A path in Rust.
            self.at += 2;
        } else {
            self.at += 1;
            if let Some((value, by)) = pairs::pair(&self.read, at, byte) {
                self.replace(value, &by);
            }
        }
    }

    /// Reads a percent-encoded byte, as in a URL that is a parameter of another URL.
    fn read_percent(&mut self) {
        let at = self.at;
        match hex_byte(self.bytes, at + 1) {
            Some(b'=') => {
                self.at += 3;
                if let Some((value, by)) = pairs::encoded_pair(&self.read, at) {
                    self.replace(value, &by);
                }
            }
            Some(_) => self.at += 3,
            None => self.at += 1,
        }
    }
}
