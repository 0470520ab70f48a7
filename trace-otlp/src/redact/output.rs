//! A text with its replacements. The text is copied only if there is one.

use std::ops::Range;

/// A text whose parts are replaced from front to back.
pub(super) struct Output<'a> {
    text: &'a str,
    replaced: String,
    /// The end of what was copied or replaced.
    copied: usize,
}

impl<'a> Output<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            replaced: String::new(),
            copied: 0,
        }
    }

    /// Replaces a part, except for what was already replaced.
    ///
    /// Both ends must be next to an ASCII character. If they are not, text around the part is
    /// dropped, because a secret must not stay.
    pub(super) fn replace(&mut self, part: Range<usize>, by: &str) {
        let start = part.start.max(self.copied);
        if part.end <= start {
            return;
        }
        let before = self.text.get(self.copied..start).unwrap_or_default();
        self.replaced.push_str(before);
        self.replaced.push_str(by);
        self.copied = part.end;
    }

    /// Returns the text; `None` if nothing has changed.
    pub(super) fn finish(mut self) -> Option<String> {
        if self.copied == 0 {
            return None;
        }
        let rest = self.text.get(self.copied..).unwrap_or_default();
        self.replaced.push_str(rest);
        (self.replaced != self.text).then_some(self.replaced)
    }
}
