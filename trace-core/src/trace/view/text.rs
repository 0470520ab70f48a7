//! Widths of text on a terminal, and numbers with a noun.

use unicode_width::UnicodeWidthStr;

/// Returns how many columns a text takes on a terminal.
pub(super) fn width_of(text: &str) -> usize {
    text.width()
}

/// Returns the spaces that fill a text up to a number of columns.
pub(super) fn padding(text: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(width_of(text)))
}

/// Returns `1 span` or `2 spans`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}
