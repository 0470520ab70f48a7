//! A piece of a line.

use super::color::Style;

/// A piece of a line.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) style: Style,
    pub(super) is_right_aligned: bool,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>, style: Style) -> Self {
        Self {
            text: text.into(),
            style,
            is_right_aligned: false,
        }
    }

    pub(super) fn right(text: impl Into<String>, style: Style) -> Self {
        Self {
            is_right_aligned: true,
            ..Self::new(text, style)
        }
    }
}
