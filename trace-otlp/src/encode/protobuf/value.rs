//! Writes attributes and their values.

use trace_core::{Tag, TagArray, TagRef};

use super::field::{bytes, field_bytes, length, message, text, varint, varint_bytes};

/// Fields of a `KeyValue`.
pub(super) mod pair {
    pub(in super::super) const KEY: u8 = 0x0a;
    pub(in super::super) const VALUE: u8 = 0x12;
}

/// Forms of an `AnyValue`. It has exactly one, which is written also if it is the default.
pub(super) mod any {
    pub(in super::super) const STRING: u8 = 0x0a;
    pub(in super::super) const BOOL: u8 = 0x10;
    pub(in super::super) const INT: u8 = 0x18;
    pub(in super::super) const DOUBLE: u8 = 0x21;
    pub(in super::super) const ARRAY: u8 = 0x2a;
}

/// The `values` of an `ArrayValue`.
const VALUES: u8 = 0x0a;

/// Writes a `KeyValue` as the field `field`.
#[inline]
pub(super) fn attribute(out: &mut Vec<u8>, field: u8, key: &str, value: TagRef<'_>) {
    let Some(value_bytes) = value_bytes(value) else {
        return message(out, field, |out| {
            text(out, pair::KEY, key);
            message(out, pair::VALUE, |out| write_value(out, value));
        });
    };
    let key_bytes = match key.len() {
        0 => 0,
        length => field_bytes(length),
    };
    let total = key_bytes + field_bytes(value_bytes);
    // All other lengths are less than the total, so they take one byte if the total does.
    if let (Ok(total @ ..0x80), Ok(key_length @ 1..), Ok(value_length)) = (
        u8::try_from(total),
        u8::try_from(key.len()),
        u8::try_from(value_bytes),
    ) {
        out.extend_from_slice(&[field, total, pair::KEY, key_length]);
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(&[pair::VALUE, value_length]);
    } else {
        length(out, field, total);
        text(out, pair::KEY, key);
        length(out, pair::VALUE, value_bytes);
    }
    write_value(out, value);
}

/// Writes an `AnyValue` that is a text.
pub(super) fn string(out: &mut Vec<u8>, value: &str) {
    write_value(out, TagRef::Str(value));
}

pub(super) fn tag(out: &mut Vec<u8>, field: u8, tag: &Tag) {
    attribute(out, field, &tag.key, tag.value.as_ref());
}

/// Writes a list of texts as an attribute.
pub(super) fn texts(out: &mut Vec<u8>, field: u8, key: &str, items: impl Iterator<Item = String>) {
    message(out, field, |out| {
        text(out, pair::KEY, key);
        message(out, pair::VALUE, |out| {
            message(out, any::ARRAY, |out| {
                for item in items {
                    item_of_array(out, TagRef::Str(&item));
                }
            });
        });
    });
}

/// Returns the length of an `AnyValue`; `None` for an array, whose length would have to be
/// computed at each level.
#[inline]
fn value_bytes(value: TagRef<'_>) -> Option<usize> {
    match value {
        TagRef::Bool(_) => Some(2),
        TagRef::I64(value) => Some(1 + varint_bytes(value.cast_unsigned())),
        TagRef::F64(_) => Some(9),
        TagRef::Str(value) => Some(field_bytes(value.len())),
        TagRef::Array(_) => None,
    }
}

/// Writes the only field of an `AnyValue`.
#[inline]
fn write_value(out: &mut Vec<u8>, value: TagRef<'_>) {
    match value {
        TagRef::Bool(value) => out.extend_from_slice(&[any::BOOL, value.into()]),
        TagRef::I64(value) => {
            out.push(any::INT);
            varint(out, value.cast_unsigned());
        }
        TagRef::F64(value) => {
            out.push(any::DOUBLE);
            out.extend_from_slice(&value.to_le_bytes());
        }
        TagRef::Str(value) => bytes(out, any::STRING, value.as_bytes()),
        TagRef::Array(values) => message(out, any::ARRAY, |out| array(out, values)),
    }
}

fn array(out: &mut Vec<u8>, values: &TagArray) {
    match values {
        TagArray::Bool(values) => {
            let values = values.iter();
            values.for_each(|value| item_of_array(out, TagRef::Bool(*value)));
        }
        TagArray::I64(values) => {
            let values = values.iter();
            values.for_each(|value| item_of_array(out, TagRef::I64(*value)));
        }
        TagArray::F64(values) => {
            let values = values.iter();
            values.for_each(|value| item_of_array(out, TagRef::F64(*value)));
        }
        TagArray::String(values) => {
            let values = values.iter();
            values.for_each(|value| item_of_array(out, TagRef::Str(value)));
        }
    }
}

fn item_of_array(out: &mut Vec<u8>, value: TagRef<'_>) {
    length(out, VALUES, value_bytes(value).unwrap_or_default());
    write_value(out, value);
}
