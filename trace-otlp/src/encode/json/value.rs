//! Writes attributes and their values.

use serde::ser::{Serialize, SerializeMap, Serializer};
use trace_core::{Tag, TagArray, TagRef};

use super::forms::{List, Text, object};

/// A `KeyValue`.
pub(super) struct Attribute<'a>(pub(super) &'a str, pub(super) TagRef<'a>);

impl<'a> Attribute<'a> {
    pub(super) fn from_tag(tag: &'a Tag) -> Self {
        Self(&tag.key, tag.value.as_ref())
    }
}

impl Serialize for Attribute<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(key, value) = self;
        object(serializer, |map| {
            map.serialize_entry("key", key)?;
            map.serialize_entry("value", &Value(*value))
        })
    }
}

/// A `KeyValue` whose value is a list of texts.
pub(super) struct Texts<'a, F>(pub(super) &'a str, pub(super) List<F>);

impl<F, I, T> Serialize for Texts<'_, F>
where
    F: Fn() -> I,
    I: IntoIterator<Item = T>,
    T: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(key, List(items)) = self;
        let values = List(|| items().into_iter().map(|text| Form("stringValue", text)));
        object(serializer, |map| {
            map.serialize_entry("key", key)?;
            map.serialize_entry("value", &Form("arrayValue", Form("values", values)))
        })
    }
}

/// An object with one field.
struct Form<T>(&'static str, T);

impl<T: Serialize> Serialize for Form<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object(serializer, |map| map.serialize_entry(self.0, &self.1))
    }
}

/// An `AnyValue`.
pub(super) struct Value<'a>(pub(super) TagRef<'a>);

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object(serializer, |map| match self.0 {
            TagRef::Bool(value) => map.serialize_entry("boolValue", &value),
            TagRef::I64(value) => map.serialize_entry("intValue", &Text(value)),
            TagRef::F64(value) => map.serialize_entry("doubleValue", &Double(value)),
            TagRef::Str(value) => map.serialize_entry("stringValue", value),
            TagRef::Array(values) => map.serialize_entry("arrayValue", &Array(values)),
        })
    }
}

/// An `ArrayValue`.
struct Array<'a>(&'a TagArray);

impl Serialize for Array<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object(serializer, |map| match self.0 {
            TagArray::Bool(values) => {
                let values = List(|| values.iter().map(|value| Value(TagRef::Bool(*value))));
                map.serialize_entry("values", &values)
            }
            TagArray::I64(values) => {
                let values = List(|| values.iter().map(|value| Value(TagRef::I64(*value))));
                map.serialize_entry("values", &values)
            }
            TagArray::F64(values) => {
                let values = List(|| values.iter().map(|value| Value(TagRef::F64(*value))));
                map.serialize_entry("values", &values)
            }
            TagArray::String(values) => {
                let values = List(|| values.iter().map(|value| Value(TagRef::Str(value))));
                map.serialize_entry("values", &values)
            }
        })
    }
}

/// A `double`; a value that JSON has no number for is a text.
///
/// Source: Protocol Buffers, *ProtoJSON Format*.
struct Double(f64);

impl Serialize for Double {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            value if value.is_finite() => serializer.serialize_f64(value),
            value if value.is_nan() => serializer.serialize_str("NaN"),
            value if value > 0.0 => serializer.serialize_str("Infinity"),
            _ => serializer.serialize_str("-Infinity"),
        }
    }
}
