//! Values of attributes of any form, and the tags that they become.
//!
//! A value for which `TagValue` has no type becomes text. Does not parse.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::{self, Write};

use trace_core::{Tag, TagArray, TagValue};

/// An `AnyValue`.
#[derive(Default)]
pub(super) enum AnyValue {
    #[default]
    Empty,
    Bool(bool),
    Integer(i64),
    Double(f64),
    String(String),
    Array(Vec<Self>),
    List(Vec<(String, Self)>),
}

/// Makes tags. If several have the same key, the last one counts.
pub(super) fn unique(pairs: impl ExactSizeIterator<Item = (String, TagValue)>) -> Vec<Tag> {
    let mut tags: Vec<Tag> = Vec::with_capacity(pairs.len());
    // Comparing every pair is fastest for a few tags, but far too slow for many.
    let mut places = HashMap::new();
    let is_large = pairs.len() > 32;
    for (key, value) in pairs {
        let index = if is_large {
            match places.entry(key.clone()) {
                Entry::Occupied(entry) => Some(*entry.get()),
                Entry::Vacant(entry) => {
                    entry.insert(tags.len());
                    None
                }
            }
        } else {
            tags.iter().position(|tag| tag.key == key)
        };
        match index.and_then(|index| tags.get_mut(index)) {
            Some(tag) => tag.value = value,
            None => tags.push(Tag::new(key, value)),
        }
    }
    tags
}

impl AnyValue {
    pub(super) fn into_tag_value(self) -> TagValue {
        match self {
            Self::Empty => "".into(),
            Self::Bool(value) => value.into(),
            Self::Integer(value) => value.into(),
            Self::Double(value) => value.into(),
            Self::String(value) => value.into(),
            Self::Array(values) => TagValue::Array(tag_array(values)),
            list @ Self::List(_) => list.into_text().into(),
        }
    }

    fn into_text(self) -> String {
        match self {
            Self::String(value) => value,
            value => {
                let mut text = String::new();
                value.write_json(&mut text);
                text
            }
        }
    }

    /// Writes the value as plain JSON.
    fn write_json(&self, out: &mut String) {
        // Writing to memory does not fail.
        let mut put = |value: fmt::Arguments<'_>| {
            let _ = out.write_fmt(value);
        };
        match self {
            Self::Empty => put(format_args!("null")),
            Self::Bool(value) => put(format_args!("{value}")),
            Self::Integer(value) => put(format_args!("{value}")),
            // `Debug` writes a float as JSON does: with a point or an exponent.
            Self::Double(value) if value.is_finite() => put(format_args!("{value:?}")),
            Self::Double(value) => put(format_args!("\"{value}\"")),
            Self::String(value) => write_text(value, out),
            Self::Array(values) => {
                out.push('[');
                for (index, value) in values.iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    value.write_json(out);
                }
                out.push(']');
            }
            Self::List(pairs) => {
                out.push('{');
                for (index, (key, value)) in pairs.iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    write_text(key, out);
                    out.push(':');
                    value.write_json(out);
                }
                out.push('}');
            }
        }
    }
}

/// Writes a JSON string.
fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

/// Makes an array. If the values have different types, it is an array of texts.
fn tag_array(values: Vec<AnyValue>) -> TagArray {
    fn all<T>(values: &[AnyValue], pick: impl Fn(&AnyValue) -> Option<T>) -> Option<Vec<T>> {
        values.iter().map(pick).collect()
    }
    if values.is_empty() {
        return TagArray::String(Vec::new());
    }
    let bools = |value: &AnyValue| match value {
        AnyValue::Bool(value) => Some(*value),
        _ => None,
    };
    let integers = |value: &AnyValue| match value {
        AnyValue::Integer(value) => Some(*value),
        _ => None,
    };
    let doubles = |value: &AnyValue| match value {
        AnyValue::Double(value) => Some(*value),
        _ => None,
    };
    None.or_else(|| all(&values, bools).map(TagArray::Bool))
        .or_else(|| all(&values, integers).map(TagArray::I64))
        .or_else(|| all(&values, doubles).map(TagArray::F64))
        .unwrap_or_else(|| {
            let texts = values.into_iter().map(|value| value.into_text().into());
            TagArray::String(texts.collect())
        })
}
