//! Splits text that should be JSON, looking only at brackets, commas and quotes. So a mistake
//! within a piece does not affect the others.

use std::ops::Range;

/// Returns the parts of the array or object at `range`, without white space around them. A
/// part of an object is a field with its name.
pub(super) fn parts(text: &[u8], range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut at = range.start + 1;
    std::iter::from_fn(move || {
        while at < range.end {
            let begin = at;
            let end = part_end(text, begin, range.end);
            at = end + 1;
            let part = trim(text, begin..end);
            if !part.is_empty() {
                return Some(part);
            }
            if text.get(end) != Some(&b',') {
                break;
            }
        }
        None
    })
}

/// Returns the fields of the object at `range`; none if there is no object.
pub(super) fn fields(
    text: &[u8],
    range: Range<usize>,
) -> impl Iterator<Item = (&[u8], Range<usize>)> {
    let is_object = text.get(range.start) == Some(&b'{');
    let range = if is_object { range } else { 0..0 };
    parts(text, range).filter_map(|part| {
        let field = text.get(part.clone())?;
        let inner = field.strip_prefix(b"\"")?;
        let quote = inner.iter().position(|byte| *byte == b'"')?;
        let colon = quote + 1 + inner.get(quote + 1..)?.iter().position(|b| *b == b':')?;
        let value = trim(text, part.start + 1 + colon + 1..part.end);
        Some((inner.get(..quote)?, value))
    })
}

/// Returns the elements of the array at `range`; none if there is no array.
pub(super) fn elements(text: &[u8], range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let is_array = text.get(range.start) == Some(&b'[');
    parts(text, if is_array { range } else { 0..0 })
}

/// Returns the position of the comma or bracket that ends the part that begins at `begin`.
fn part_end(text: &[u8], begin: usize, end: usize) -> usize {
    let (mut depth, mut in_text, mut is_escaped) = (0_usize, false, false);
    let bytes = text.get(begin..end).unwrap_or_default();
    for (index, byte) in bytes.iter().enumerate() {
        if in_text {
            in_text = *byte != b'"' || is_escaped;
            is_escaped = *byte == b'\\' && !is_escaped;
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 0 => depth -= 1,
            b',' | b'}' | b']' if depth == 0 => return begin + index,
            _ => {}
        }
    }
    end
}

fn trim(text: &[u8], range: Range<usize>) -> Range<usize> {
    let part = text.get(range.clone()).unwrap_or_default();
    let end = range.start + part.trim_ascii_end().len();
    end - part.trim_ascii().len()..end
}

#[cfg(test)]
mod tests {
    use super::{elements, fields};

    fn shown(text: &str) -> Vec<String> {
        let bytes = text.as_bytes();
        let field = |(key, value): (&[u8], _)| {
            let key = String::from_utf8_lossy(key).into_owned();
            format!("{key}={}", text.get(value).unwrap())
        };
        let fields = fields(bytes, 0..text.len()).map(field);
        fields
            .chain(elements(bytes, 0..text.len()).map(|range| text.get(range).unwrap().to_owned()))
            .collect()
    }

    #[test]
    fn parts_are_found_whatever_is_in_them() {
        assert_eq!(
            shown(r#"{ "a" : nul, "b":{"c":[1,2}, "d,\"":"x,]\"" , 7}"#),
            ["a=nul", r#"b={"c":[1,2}, "d,\"":"x,]\"" , 7}"#]
        );
        assert_eq!(
            shown(r#"[{"a":1} , x y,"],",[]]"#),
            [r#"{"a":1}"#, "x y", "\"],\"", "[]"]
        );
        assert_eq!(shown("[1,,2"), ["1", "2"]);
        assert_eq!(shown(r#"{"a":{"b":"#), [r#"a={"b":"#]);
        for nothing in ["", "7", "[", "{", "[]", "{}", "[ ]", "{,}"] {
            assert!(shown(nothing).is_empty(), "{nothing}");
        }
    }
}
