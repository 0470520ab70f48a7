//! Makes foreign text safe for a terminal or a log file: invisible characters become escapes.
//!
//! All human-readable output of this crate (the tree, tables, errors and diagnostics) passes
//! foreign text through this file.

use std::borrow::Cow;
use std::fmt;

/// Returns at most `max_chars` characters of a foreign text, on one line. Characters that are
/// invisible or that change how other characters are shown become escapes. A text that was cut
/// ends in `…`. Each character of an escape counts.
///
/// A name or message may come from anywhere. An escape sequence in it could recolor, clear or
/// retitle the terminal. A line break could fake a line of output. A bidirectional override
/// could show a different text. A zero-width character could imitate another name.
///
/// The escaped characters are controls, line and paragraph separators, `Bidi_Control`,
/// `Default_Ignorable_Code_Point` (zero-width characters, fillers, the soft hyphen, tags) and
/// the marks of interlinear annotations. Joiners stay where they have a visible effect:
/// between two emoji, and in scripts that join letters, such as Arabic and the Indic scripts.
/// Variation selectors stay after a character that has variants, such as an emoji or a Chinese
/// character. Everything else stays as it is, even a backslash.
///
/// ```
/// use trace_core::visible;
///
/// assert_eq!(visible("crème brûlée", 80), "crème brûlée");
/// assert_eq!(visible("pay\u{200b}ment\n\u{202e}", 80), "pay\\u{200b}ment\\n\\u{202e}");
/// assert_eq!(visible("❤\u{fe0f}\u{200d}🔥", 80), "❤\u{fe0f}\u{200d}🔥");
/// assert_eq!(visible("crè\u{200d}me", 80), "crè\\u{200d}me");
/// assert_eq!(visible("payment", 4), "pay…");
/// ```
///
/// Source: Unicode Character Database, `PropList` and `DerivedCoreProperties`.
#[must_use]
pub fn visible(text: &str, max_chars: usize) -> Cow<'_, str> {
    let is_plain = |text: &str| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if text.len() <= max_chars && is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len().min(max_chars.saturating_mul(4)));
    let mut width = 0;
    let mut rest = text.chars().peekable();
    // The last character, unless it was escaped.
    let mut previous = None;
    while let Some(character) = rest.next() {
        let before = safe.len();
        if is_unseen(character) && !is_part(previous, character, rest.peek().copied()) {
            safe.extend(character.escape_default());
            width += safe.len() - before;
            previous = None;
        } else {
            safe.push(character);
            width += 1;
            previous = Some(character);
        }
        let limit = max_chars.saturating_sub(usize::from(rest.peek().is_some()));
        if width > limit {
            safe.truncate(before);
            safe.push('…');
            break;
        }
    }
    Cow::Owned(safe)
}

/// Copies the beginning of a foreign text for an error message.
pub(crate) fn quoted(text: &str) -> Box<str> {
    const MAX_CHARS: usize = 64;
    visible(text, MAX_CHARS).into()
}

/// Displays one foreign character.
pub(crate) struct Visible(pub(crate) char);

impl fmt::Display for Visible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_unseen(self.0) {
            self.0.escape_default().fmt(f)
        } else {
            self.0.fmt(f)
        }
    }
}

/// Returns whether a character is invisible or changes how others are shown.
///
/// Source: Unicode 17, `Default_Ignorable_Code_Point`, which includes all of `Bidi_Control`
/// and code points that are not assigned yet. This property does not include controls, the two
/// separators and the three marks of annotations, so they are added here.
const fn is_unseen(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    matches!(
        character,
        '\u{80}'..='\u{9f}' // controls
        | '\u{ad}' // soft hyphen
        | '\u{34f}' // grapheme joiner
        | '\u{61c}' // Arabic letter mark
        | '\u{115f}'..='\u{1160}' // fillers
        | '\u{17b4}'..='\u{17b5}' // inherent vowels
        | '\u{180b}'..='\u{180f}' // Mongolian selectors and vowel separator
        | '\u{200b}'..='\u{200f}' // zero width, joiners, direction marks
        | '\u{2028}'..='\u{2029}' // line and paragraph separator
        | '\u{202a}'..='\u{202e}' // embeddings and overrides
        | '\u{2060}'..='\u{206f}' // word joiner, invisible operators, isolates
        | '\u{3164}' // filler
        | '\u{fe00}'..='\u{fe0f}' // variation selectors
        | '\u{feff}' // byte order mark
        | '\u{ffa0}' // filler
        | '\u{fff0}'..='\u{fffb}' // unassigned, and marks of annotations
        | '\u{1bca0}'..='\u{1bca3}' // shorthand format controls
        | '\u{1d173}'..='\u{1d17a}' // beams, ties and slurs
        | '\u{e0000}'..='\u{e0fff}' // tags and variation selectors
    )
}

/// Returns whether an invisible character is used as intended: to change how its neighbors
/// look.
fn is_part(previous: Option<char>, character: char, next: Option<char>) -> bool {
    let Some(previous) = previous else {
        return false;
    };
    let is_visible = |character: char| !is_unseen(character) && !character.is_whitespace();
    match character {
        '\u{200c}' => {
            // A Persian suffix may follow a Latin word.
            let joins = joins_letters(previous) || next.is_some_and(joins_letters);
            joins && is_visible(previous) && next.is_some_and(is_visible)
        }
        '\u{200d}' => {
            let is_emoji_part = is_pictograph(previous) || is_selector(previous);
            next.is_some_and(|next| {
                (is_emoji_part && is_pictograph(next))
                    || (joins_letters(previous) && joins_letters(next))
            })
        }
        _ if is_selector(character) => has_variant(previous, character),
        _ => false,
    }
}

/// Returns whether a character belongs to a script whose letters join. A joiner next to it has
/// a visible effect.
///
/// IDNA requires more: a virama, or letters that really join. This check accepts more, because
/// Persian also writes its suffixes after other letters.
///
/// Source: RFC 5892, *Contextual Rules Registry*, *ZERO WIDTH NON-JOINER* and *ZERO WIDTH
/// JOINER*; Unicode Character Database, `Blocks`, `ArabicShaping` and
/// `IndicSyllabicCategory`.
const fn joins_letters(character: char) -> bool {
    let is_of_script = matches!(
        character,
        '\u{600}'..='\u{77f}' // Arabic, Syriac
        | '\u{7c0}'..='\u{7ff}' // N'Ko
        | '\u{840}'..='\u{8ff}' // Mandaic, Syriac, Arabic
        | '\u{900}'..='\u{df4}' // Devanagari to Sinhala
        | '\u{f40}'..='\u{fbc}' // Tibetan
        | '\u{1000}'..='\u{109f}' // Myanmar
        | '\u{1700}'..='\u{18aa}' // Philippine scripts, Khmer, Mongolian
        | '\u{1900}'..='\u{1c4f}' // Limbu, Buginese, Tai Tham, Balinese to Lepcha
        | '\u{a800}'..='\u{a82c}' // Syloti Nagri
        | '\u{a840}'..='\u{a8df}' // Phags-pa, Saurashtra
        | '\u{a8e0}'..='\u{a9df}' // Devanagari, Rejang, Javanese
        | '\u{a9e0}'..='\u{aa7f}' // Myanmar, Cham
        | '\u{aae0}'..='\u{aaf6}' // Meetei Mayek
        | '\u{abc0}'..='\u{abf9}' // Meetei Mayek
        | '\u{fb50}'..='\u{fdff}' // Arabic
        | '\u{fe70}'..='\u{fefc}' // Arabic
        | '\u{10a00}'..='\u{10a58}' // Kharoshthi
        | '\u{10ac0}'..='\u{10af6}' // Manichaean
        | '\u{10b80}'..='\u{10baf}' // Psalter Pahlavi
        | '\u{10d00}'..='\u{10d39}' // Hanifi Rohingya
        | '\u{10ec0}'..='\u{10eff}' // Arabic
        | '\u{10f30}'..='\u{10fcb}' // Sogdian to Chorasmian
        | '\u{11000}'..='\u{11fff}' // Brahmi and scripts derived from it
        | '\u{1e900}'..='\u{1e95f}' // Adlam
    );
    is_of_script && !is_unseen(character)
}

/// Returns whether a character is a picture, or a symbol that can be shown as one.
///
/// Source: Unicode Character Database, `emoji-data`: *Extended_Pictographic*, by blocks.
const fn is_pictograph(character: char) -> bool {
    matches!(
        character,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
        | '\u{2190}'..='\u{21ff}' // arrows
        | '\u{2300}'..='\u{23ff}' // technical
        | '\u{24c2}'
        | '\u{25a0}'..='\u{27bf}' // shapes, symbols, dingbats
        | '\u{2934}'..='\u{2935}'
        | '\u{2b00}'..='\u{2bff}' // arrows
        | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
        | '\u{1f000}'..='\u{1faff}'
        | '\u{1fc00}'..='\u{1fffd}'
    )
}

/// Returns whether the character may have a variant for this selector.
///
/// Source: Unicode Character Database, `StandardizedVariants`, `emoji-variation-sequences`
/// and the Ideographic Variation Database, by blocks.
const fn has_variant(character: char, selector: char) -> bool {
    let is_ideograph = matches!(
        character,
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}'
    );
    match selector {
        '\u{fe00}'..='\u{fe0f}' => {
            is_ideograph
                || is_pictograph(character)
                || matches!(
                    character,
                    '0'..='9' | '#' | '*' // keys of a phone
                    | '\u{1000}'..='\u{109f}' | '\u{aa60}'..='\u{aa7f}' // Myanmar
                    | '\u{2200}'..='\u{22ff}' | '\u{2a00}'..='\u{2aff}' // mathematics
                    | '\u{3001}'..='\u{3002}' | '\u{ff01}'..='\u{ff1f}' // punctuation
                    | '\u{a840}'..='\u{a877}' // Phags-pa
                    | '\u{10ac0}'..='\u{10af6}' // Manichaean
                    | '\u{13000}'..='\u{1345f}' // hieroglyphs
                )
        }
        '\u{e0100}'..='\u{e01ef}' => is_ideograph,
        _ => matches!(character, '\u{1820}'..='\u{18aa}'), // Mongolian
    }
}

const fn is_selector(character: char) -> bool {
    matches!(
        character,
        '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'
    )
}

#[cfg(test)]
mod tests {
    use super::{Visible, is_unseen, visible};

    #[test]
    fn what_is_not_seen_is_written_as_an_escape() {
        assert_eq!(visible("a b é", 80), "a b é");
        assert_eq!(visible("a\nb\t\u{1b}[31m", 80), "a\\nb\\t\\u{1b}[31m");
        assert_eq!(visible("x\u{202e}y\u{9b}z", 80), "x\\u{202e}y\\u{9b}z");
        assert_eq!(
            visible("\u{3164}\u{ad}\u{e0041}", 80),
            "\\u{3164}\\u{ad}\\u{e0041}"
        );
        assert_eq!(visible("a\u{fff9}b", 80), "a\\u{fff9}b");
        assert_eq!(Visible('\u{2066}').to_string(), "\\u{2066}");
        assert_eq!(Visible('\u{200d}').to_string(), "\\u{200d}");
    }

    #[test]
    fn joiners_and_selectors_stay_in_what_they_are_a_part_of() {
        for text in [
            "👩\u{200d}💻 ❤\u{fe0f}\u{200d}🔥 1\u{fe0f}\u{20e3}",
            "می\u{200c}خواهم",
            "PDF\u{200c}ها",
            "葛\u{e0100} 不\u{fe00} ≨\u{fe00} ©\u{fe0f}",
            "क्\u{200d}ष র\u{200d}্য ක්\u{200d}ෂ ᠠ\u{180b}",
            "🏳\u{fe0f}\u{200d}🌈 👩🏽\u{200d}💻 🧑\u{200d}🤝\u{200d}🧑",
        ] {
            assert_eq!(visible(text, 80), text);
        }
        for (text, shown) in [
            ("\u{200d}a", "\\u{200d}a"),
            ("é\u{200d}", "é\\u{200d}"),
            ("pay\u{200d}ment", "pay\\u{200d}ment"),
            ("é\u{200c}\u{200c}é", "é\\u{200c}\\u{200c}é"),
            ("é \u{200c}é", "é \\u{200c}é"),
            ("é\u{200b}\u{200d}é", "é\\u{200b}\\u{200d}é"),
            ("a\u{fe0f}", "a\\u{fe0f}"),
            ("\u{fe0f}", "\\u{fe0f}"),
            ("crè\u{200d}me", "crè\\u{200d}me"),
            ("а\u{200c}б", "а\\u{200c}б"),
            ("中\u{200d}文", "中\\u{200d}文"),
            ("ก\u{200c}ข", "ก\\u{200c}ข"),
            ("é\u{fe0f}", "é\\u{fe0f}"),
            ("я\u{e0100}", "я\\u{e0100}"),
            ("葛\u{180b}", "葛\\u{180b}"),
            ("❤\u{200d}a", "❤\\u{200d}a"),
            ("a\u{200d}❤", "a\\u{200d}❤"),
            ("ی\u{200d}a", "ی\\u{200d}a"),
            ("ی \u{200c}ی", "ی \\u{200c}ی"),
            ("❤\u{fe0f}\u{fe0f}", "❤\u{fe0f}\\u{fe0f}"),
        ] {
            assert_eq!(visible(text, 80), shown);
        }
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(visible("éééé", 4), "éééé");
        assert_eq!(visible("ééééé", 4), "ééé…");
        assert_eq!(visible("abc\n", 4), "abc…");
        assert_eq!(visible("abc", 0), "…");
        assert_eq!(visible("", 0), "");
    }

    #[test]
    fn all_of_the_properties_are_unseen() {
        // `Default_Ignorable_Code_Point` has 4,174 code points of Unicode 17; the others
        // are 65 controls, both separators and three marks of annotations.
        let unseen = ('\0'..=char::MAX).filter(|character| is_unseen(*character));
        assert_eq!(unseen.count(), 4_174 + 65 + 2 + 3);
    }
}
