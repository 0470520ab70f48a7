//! A piece of a line. Knows its style, and not its column.

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

    /// Makes a cell of a column that is aligned to the right.
    pub(super) fn right(text: impl Into<String>, style: Style) -> Self {
        Self {
            is_right_aligned: true,
            ..Self::new(text, style)
        }
    }
}
