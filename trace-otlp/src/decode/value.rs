//! Reads attributes and their values.
//!
//! Does not read the messages around attributes.

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor,
};
use trace_core::Tag;

use super::any_value::{AnyValue, unique};
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

/// A field of a value that is in the attribute itself instead of its `value`. It is refused.
#[derive(Default)]
struct Misplaced;

impl<'de> Deserialize<'de> for Misplaced {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Refused("a value by itself", "it within `value`").deserialize(deserializer)?;
        Ok(Self)
    }
}

/// Turns attributes into tags. If several have the same key, the last one counts.
pub(super) fn tags(attributes: Vec<KeyValue>) -> Vec<Tag> {
    let pairs = attributes.into_iter();
    unique(pairs.map(|pair| (pair.key, pair.value.into_tag_value())))
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
                // For Go's `Value`, only the exact name counts.
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
                Name::Field("kvlistValue" | "KvlistValue") => {
                    map.next_value::<Option<KeyValueList>>()?.map(|list| {
                        let pairs = list.values.into_iter();
                        AnyValue::List(pairs.map(|pair| (pair.key, pair.value)).collect())
                    })
                }
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
