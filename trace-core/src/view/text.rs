//! Foreign text on its way to a terminal.

use std::borrow::Cow;

/// Returns at most `max_chars` characters of the text, in one line, with control
/// characters written as escapes.
///
/// A name or message may come from anywhere. With an escape sequence it could
/// recolour, clear or retitle the terminal, with a line break fake a line, and with a
/// bidirectional override show other text than it holds.
pub(super) fn escaped(text: &str, max_chars: usize) -> Cow<'_, str> {
    if text.len() <= max_chars && !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len().min(4 * max_chars));
    let mut width = 0;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let before = safe.len();
        if is_unsafe(character) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
        width += width_of(safe.get(before..).unwrap_or_default());
        let limit = max_chars.saturating_sub(usize::from(rest.peek().is_some()));
        if width > limit {
            safe.truncate(before);
            safe.push('…');
            break;
        }
    }
    Cow::Owned(safe)
}

/// Returns how many columns a text takes: its characters.
pub(super) fn width_of(text: &str) -> usize {
    text.chars().count()
}

/// Returns `1 span` or `2 spans`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{2028}' | '\u{2029}' // line and paragraph separator
            | '\u{200e}' | '\u{200f}' | '\u{061c}' // direction marks
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // embeddings, overrides, isolates
        )
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn control_characters_are_written_as_escapes() {
        assert_eq!(escaped("a b é", 80), "a b é");
        assert_eq!(escaped("a\nb\t\u{1b}[31m", 80), "a\\nb\\t\\u{1b}[31m");
        assert_eq!(escaped("x\u{202e}y\u{9b}z", 80), "x\\u{202e}y\\u{9b}z");
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(escaped("éééé", 4), "éééé");
        assert_eq!(escaped("ééééé", 4), "ééé…");
        assert_eq!(escaped("abc\n", 4), "abc…");
        assert_eq!(escaped("abc", 0), "…");
        assert_eq!(escaped("", 0), "");
    }
}
