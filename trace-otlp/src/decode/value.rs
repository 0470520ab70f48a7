//! Reads attributes and their values.
//!
//! Has the limits of nested values, and turns a value that `TagValue` has no type for into
//! text. Does not read the messages around attributes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor,
};
use serde::ser::{Serialize, Serializer};
use trace_core::{Tag, TagArray, TagValue};

use super::names::{Name, Names, Refused, refuse_misspelled};
use super::scalar::{Read, or_default};

/// A `KeyValue`.
#[derive(Default, serde::Deserialize)]
#[serde(default, expecting = "an object with `key` and `value`")]
pub(super) struct KeyValue {
    #[serde(deserialize_with = "or_default")]
    key: String,
    #[serde(deserialize_with = "or_default")]
    value: AnyValue,
    #[serde(
        rename = "stringValue",
        alias = "string_value",
        alias = "boolValue",
        alias = "bool_value",
        alias = "intValue",
        alias = "int_value",
        alias = "doubleValue",
        alias = "double_value",
        alias = "arrayValue",
        alias = "array_value",
        alias = "kvlistValue",
        alias = "kvlist_value",
        alias = "bytesValue",
        alias = "bytes_value"
    )]
    _misplaced: Misplaced,
}

/// A field of a value that stands in the attribute itself, and not in its `value`; it is
/// refused.
#[derive(Default)]
struct Misplaced;

impl<'de> Deserialize<'de> for Misplaced {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Refused("a value by itself", "it within `value`").deserialize(deserializer)?;
        Ok(Self)
    }
}

/// An `AnyValue`.
#[derive(Default)]
enum AnyValue {
    #[default]
    Empty,
    Bool(bool),
    Integer(i64),
    Double(f64),
    String(String),
    Array(Vec<Self>),
    List(Vec<KeyValue>),
}

/// Turns attributes into tags; the last of several with one key counts.
pub(super) fn tags(attributes: Vec<KeyValue>) -> Vec<Tag> {
    let pairs = attributes.into_iter();
    unique(pairs.map(|pair| (pair.key, pair.value.into_tag_value())))
}

/// Makes tags; the last of several with one key counts.
pub(super) fn unique(pairs: impl ExactSizeIterator<Item = (String, TagValue)>) -> Vec<Tag> {
    let mut tags: Vec<Tag> = Vec::with_capacity(pairs.len());
    // Comparing every pair is fastest for a few tags, and far too slow for many.
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
    fn into_tag_value(self) -> TagValue {
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
            // Cannot fail: all keys are texts, and the writer is memory.
            value => serde_json::to_string(&value).unwrap_or_default(),
        }
    }
}

/// Makes an array of values of one type; other types make it one of texts.
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

impl<'de> Deserialize<'de> for AnyValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AnyValueVisitor)
    }
}

/// The forms of a value. Go's `encoding/json`, which does not know protobuf, writes them
/// within a `Value`.
const FORMS: Names = Names(&[
    "stringValue",
    "boolValue",
    "intValue",
    "doubleValue",
    "arrayValue",
    "kvlistValue",
    "bytesValue",
    "Value",
    "StringValue",
    "BoolValue",
    "IntValue",
    "DoubleValue",
    "ArrayValue",
    "KvlistValue",
    "BytesValue",
]);

#[derive(Default, serde::Deserialize)]
#[serde(default, expecting = "an object with `values`")]
struct ArrayValue {
    #[serde(deserialize_with = "or_default")]
    values: Vec<Option<AnyValue>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default, expecting = "an object with `values`")]
struct KeyValueList {
    #[serde(deserialize_with = "or_default")]
    values: Vec<KeyValue>,
}

struct AnyValueVisitor;

impl<'de> Visitor<'de> for AnyValueVisitor {
    type Value = AnyValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a value such as `stringValue`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<AnyValue, A::Error> {
        let mut value = AnyValue::Empty;
        let (mut is_known, mut has_others) = (false, false);
        while let Some(name) = map.next_key_seed(&FORMS)? {
            let name = match name {
                // Of Go's `Value`, only the exact name counts.
                Name::Misspelled("Value") => Name::Other,
                name => name,
            };
            is_known |= name != Name::Other;
            let found = match name {
                Name::Field("stringValue" | "StringValue" | "bytesValue" | "BytesValue") => {
                    map.next_value::<Option<_>>()?.map(AnyValue::String)
                }
                Name::Field("boolValue" | "BoolValue") => {
                    map.next_value::<Option<_>>()?.map(AnyValue::Bool)
                }
                Name::Field("intValue" | "IntValue") => map
                    .next_value::<Option<_>>()?
                    .map(|Read(value)| AnyValue::Integer(value)),
                Name::Field("doubleValue" | "DoubleValue") => map
                    .next_value::<Option<_>>()?
                    .map(|Read(value)| AnyValue::Double(value)),
                Name::Field("arrayValue" | "ArrayValue") => {
                    map.next_value::<Option<ArrayValue>>()?.map(|array| {
                        let values = array.values.into_iter();
                        AnyValue::Array(values.map(Option::unwrap_or_default).collect())
                    })
                }
                Name::Field("kvlistValue" | "KvlistValue") => map
                    .next_value::<Option<KeyValueList>>()?
                    .map(|list| AnyValue::List(list.values)),
                Name::Field(_) => map.next_value::<Option<_>>()?,
                Name::Misspelled(meant) => {
                    refuse_misspelled(&mut map, meant)?;
                    None
                }
                Name::Other => {
                    has_others = true;
                    map.next_value::<IgnoredAny>()?;
                    None
                }
            };
            value = found.unwrap_or(value);
        }
        match has_others && !is_known {
            true => Err(A::Error::custom(
                "invalid value: an object without a known value, \
                 expected one with a value such as `stringValue`",
            )),
            false => Ok(value),
        }
    }
}

/// The text form: plain JSON.
impl Serialize for AnyValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Empty => serializer.serialize_none(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Double(value) if value.is_finite() => serializer.serialize_f64(*value),
            Self::Double(value) => serializer.collect_str(value),
            Self::String(value) => serializer.serialize_str(value),
            Self::Array(values) => serializer.collect_seq(values),
            Self::List(values) => {
                serializer.collect_map(values.iter().map(|item| (&item.key, &item.value)))
            }
        }
    }
}
