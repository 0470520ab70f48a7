//! A piece of a line, with its style but not its column.

use super::color::Style;

/// A text with one style.
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

    /// Makes a cell for a right-aligned column.
    pub(super) fn right(text: impl Into<String>, style: Style) -> Self {
        Self {
            is_right_aligned: true,
            ..Self::new(text, style)
        }
    }
}
