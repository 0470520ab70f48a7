//! Macros that implement serde's traits for structs and enums. The serialized form is the same
//! as with serde's derive.
//!
//! The derive itself is not used. Cargo would have to build it and `serde` before this crate,
//! and this takes a sixth of the processor time of a first build.

use std::fmt;

use serde_core::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use super::visible::quoted;

/// Implements `Serialize` and `Deserialize` for a struct. A field with `= default` may be
/// absent. Unknown fields are ignored.
///
/// Input: `fields!(Log { time, message, fields = default });`
/// Output: `{"time": .., "message": .., "fields": ..}`
macro_rules! fields {
    ($type:ident { $($field:ident $(= $absent:ident)?),* $(,)? }) => {
        impl serde_core::Serialize for $type {
            fn serialize<S: serde_core::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                use serde_core::ser::SerializeStruct;

                let length = [$(stringify!($field)),*].len();
                let mut fields = to.serialize_struct(stringify!($type), length)?;
                $(fields.serialize_field(stringify!($field), &self.$field)?;)*
                fields.end()
            }
        }

        $crate::value::serialized::deserialize_fields!($type { $($field $(= $absent)?),* });
    };
}

/// Implements only `Deserialize` for a struct; see `fields`.
macro_rules! deserialize_fields {
    ($type:ident { $($field:ident $(= $absent:ident)?),* $(,)? }) => {
        const _: () = {
            use serde_core::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess};

            const NAMES: &[&str] = &[$(stringify!($field)),*];

            impl<'de> Deserialize<'de> for $type {
                fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                    from.deserialize_struct(stringify!($type), NAMES, Visitor)
                }
            }

            struct Visitor;

            impl<'de> serde_core::de::Visitor<'de> for Visitor {
                type Value = $type;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str(concat!("struct ", stringify!($type)))
                }

                fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<$type, A::Error> {
                    $(let mut $field = None;)*
                    while let Some(name) = map.next_key_seed($crate::value::serialized::Field(NAMES))? {
                        match name {
                            $(Some(name) if name == stringify!($field) => {
                                $crate::value::serialized::read_field(&mut $field, name, &mut map)?;
                            })*
                            _ => drop(map.next_value::<IgnoredAny>()?),
                        }
                    }
                    Ok($type {
                        $($field: match $field {
                            Some(value) => value,
                            None => $crate::value::serialized::deserialize_fields!(@absent $field $($absent)?),
                        }),*
                    })
                }

                fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<$type, A::Error> {
                    Ok($type {
                        $($field: match seq.next_element()? {
                            Some(value) => value,
                            None => $crate::value::serialized::deserialize_fields!(@absent $field $($absent)?),
                        }),*
                    })
                }
            }
        };
    };
    (@absent $field:ident default) => { Default::default() };
    (@absent $field:ident) => {
        return Err(serde_core::de::Error::missing_field(stringify!($field)))
    };
}

/// Implements `Serialize` and `Deserialize` for an enum whose variants hold one value or none.
///
/// Input: `variants!(Status { Ok = "ok", Error(text) = "error" });`
/// Output: `"ok"`, `{"error": ..}`
macro_rules! variants {
    ($type:ident { $($variant:ident $(($value:ident))? = $name:literal),* $(,)? }) => {
        const _: () = {
            use serde_core::de::{Deserialize, Deserializer, EnumAccess, Error, VariantAccess};
            use serde_core::ser::{Serialize, Serializer};

            const NAMES: &[&str] = &[$($name),*];

            enum Index { $($variant),* }

            impl Serialize for $type {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    match self {
                        $(Self::$variant $(($value))? => $crate::value::serialized::variants!(
                            @serialize serializer, $type, Index::$variant as u32, $name $(, $value)?
                        ),)*
                    }
                }
            }

            impl<'de> Deserialize<'de> for $type {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    deserializer.deserialize_enum(stringify!($type), NAMES, Visitor)
                }
            }

            struct Visitor;

            impl<'de> serde_core::de::Visitor<'de> for Visitor {
                type Value = $type;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str(concat!("enum ", stringify!($type)))
                }

                fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<$type, A::Error> {
                    let (name, variant) = data.variant_seed($crate::value::serialized::Variant(NAMES))?;
                    match name {
                        $($name => $crate::value::serialized::variants!(
                            @deserialize variant, $type::$variant $(, $value)?
                        ),)*
                        other => Err(Error::unknown_variant(other, NAMES)),
                    }
                }
            }
        };
    };
    (@serialize $serializer:ident, $type:ident, $index:expr, $name:literal) => {
        $serializer.serialize_unit_variant(stringify!($type), $index, $name)
    };
    (@serialize $serializer:ident, $type:ident, $index:expr, $name:literal, $value:ident) => {
        $serializer.serialize_newtype_variant(stringify!($type), $index, $name, $value)
    };
    (@deserialize $access:ident, $variant:path) => { $access.unit_variant().map(|()| $variant) };
    (@deserialize $access:ident, $variant:path, $value:ident) => {
        $access.newtype_variant().map($variant)
    };
}

/// Implements `Serialize` and `Deserialize` for a struct around one value. The serialized form
/// is the value alone.
macro_rules! transparent {
    ($type:ident) => {
        impl serde_core::Serialize for $type {
            fn serialize<S: serde_core::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(to)
            }
        }

        impl<'de> serde_core::Deserialize<'de> for $type {
            fn deserialize<D: serde_core::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                serde_core::Deserialize::deserialize(from).map(Self)
            }
        }
    };
}

pub(crate) use {deserialize_fields, fields, transparent, variants};

/// Reads the name of the next field; `None` if the name is not in the list.
#[derive(Clone, Copy)]
pub(crate) struct Field(pub &'static [&'static str]);

/// Reads the name of the next variant; an error if the name is not in the list.
#[derive(Clone, Copy)]
pub(crate) struct Variant(pub &'static [&'static str]);

/// Reads the value of a field; an error if the field occurs twice.
pub(crate) fn read_field<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    field: &mut Option<T>,
    name: &'static str,
    map: &mut A,
) -> Result<(), A::Error> {
    if field.is_some() {
        return Err(A::Error::duplicate_field(name));
    }
    *field = Some(map.next_value()?);
    Ok(())
}

impl<'de> DeserializeSeed<'de> for Field {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Field {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("field identifier")
    }

    fn visit_u64<E: Error>(self, position: u64) -> Result<Self::Value, E> {
        Ok(name_at(self.0, position))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        self.visit_bytes(text.as_bytes())
    }

    fn visit_bytes<E: Error>(self, text: &[u8]) -> Result<Self::Value, E> {
        Ok(find_name(self.0, text))
    }
}

impl<'de> DeserializeSeed<'de> for Variant {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Variant {
    type Value = &'static str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("variant identifier")
    }

    fn visit_u64<E: Error>(self, position: u64) -> Result<Self::Value, E> {
        name_at(self.0, position).ok_or_else(|| E::unknown_variant(&position.to_string(), self.0))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        self.visit_bytes(text.as_bytes())
    }

    fn visit_bytes<E: Error>(self, text: &[u8]) -> Result<Self::Value, E> {
        find_name(self.0, text)
            .ok_or_else(|| E::unknown_variant(&quoted(&String::from_utf8_lossy(text)), self.0))
    }
}

fn name_at(names: &[&'static str], position: u64) -> Option<&'static str> {
    names.get(usize::try_from(position).ok()?).copied()
}

fn find_name(names: &[&'static str], text: &[u8]) -> Option<&'static str> {
    names.iter().copied().find(|name| name.as_bytes() == text)
}
