//! Attributes and their values.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use trace_core::{Tag, TagArray, TagValue};

use super::scalar::{Read, or_default};

/// A `KeyValue`.
#[derive(Default, serde::Deserialize)]
#[serde(default, expecting = "an object with `key` and `value`")]
pub(super) struct KeyValue {
    #[serde(deserialize_with = "or_default")]
    key: String,
    #[serde(deserialize_with = "or_default")]
    value: AnyValue,
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

/// Turns attributes into tags; of several with one key the last one counts.
pub(super) fn tags(attributes: Vec<KeyValue>) -> Vec<Tag> {
    let pairs = attributes.into_iter();
    unique(pairs.map(|pair| (pair.key, pair.value.into_tag_value())))
}

/// Makes tags; of several with one key the last one counts.
pub(super) fn unique(pairs: impl ExactSizeIterator<Item = (String, TagValue)>) -> Vec<Tag> {
    let mut tags: Vec<Tag> = Vec::with_capacity(pairs.len());
    // Comparing every pair is fastest for few, and a trap for many.
    let mut places = HashMap::new();
    let is_large = pairs.len() > 32;
    for (key, value) in pairs {
        let place = if is_large {
            match places.entry(key.clone()) {
                Entry::Occupied(place) => Some(*place.get()),
                Entry::Vacant(place) => {
                    place.insert(tags.len());
                    None
                }
            }
        } else {
            tags.iter().position(|tag| tag.key == key)
        };
        match place.and_then(|place| tags.get_mut(place)) {
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

#[derive(serde::Deserialize)]
#[serde(field_identifier)]
enum Field {
    #[serde(rename = "stringValue", alias = "string_value")]
    String,
    #[serde(rename = "boolValue", alias = "bool_value")]
    Bool,
    #[serde(rename = "intValue", alias = "int_value")]
    Integer,
    #[serde(rename = "doubleValue", alias = "double_value")]
    Double,
    #[serde(rename = "arrayValue", alias = "array_value")]
    Array,
    #[serde(rename = "kvlistValue", alias = "kvlist_value")]
    List,
    #[serde(rename = "bytesValue", alias = "bytes_value")]
    Bytes,
    #[serde(other)]
    Unknown,
}

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
        while let Some(field) = map.next_key()? {
            let found = match field {
                Field::String | Field::Bytes => {
                    map.next_value::<Option<_>>()?.map(AnyValue::String)
                }
                Field::Bool => map.next_value::<Option<_>>()?.map(AnyValue::Bool),
                Field::Integer => map
                    .next_value::<Option<_>>()?
                    .map(|Read(value)| AnyValue::Integer(value)),
                Field::Double => map
                    .next_value::<Option<_>>()?
                    .map(|Read(value)| AnyValue::Double(value)),
                Field::Array => map.next_value::<Option<ArrayValue>>()?.map(|array| {
                    let values = array.values.into_iter();
                    AnyValue::Array(values.map(Option::unwrap_or_default).collect())
                }),
                Field::List => map
                    .next_value::<Option<KeyValueList>>()?
                    .map(|list| AnyValue::List(list.values)),
                Field::Unknown => {
                    map.next_value::<serde::de::IgnoredAny>()?;
                    None
                }
            };
            value = found.unwrap_or(value);
        }
        Ok(value)
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
