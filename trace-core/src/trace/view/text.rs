//! Widths and numbers.

/// Returns how many columns a text takes: its characters.
pub(super) fn width_of(text: &str) -> usize {
    text.chars().count()
}

/// Returns `1 span` or `2 spans`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}
