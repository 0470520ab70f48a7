//! Reads enums by number or by name, and counts unknown values.

use trace_core::SpanKind;

use super::scalar::Scalar;

/// An enum. An unknown value is read as unspecified, the default.
pub(super) trait Enum: Default {
    const EXPECTED: &'static str;

    fn from_name(name: &str) -> Option<Self>;

    fn from_value(value: i32) -> Option<Self>;
}

/// A value of an enum as it was found.
///
/// Source: Protocol Buffers, *ProtoJSON Format*: enums are open, so a later version may have
/// values that are unknown here.
#[derive(Clone, Copy, Default)]
pub(super) struct Named<T> {
    pub(super) value: T,
    pub(super) is_unknown: bool,
}

impl<T: Enum> Named<T> {
    pub(super) fn new(found: Option<T>) -> Self {
        Self {
            is_unknown: found.is_none(),
            value: found.unwrap_or_default(),
        }
    }
}

impl<T: Enum> Scalar for Named<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_text(text: &str) -> Option<Self> {
        let by_value = || i32::from_text(text).and_then(T::from_value);
        Some(Self::new(T::from_name(text).or_else(by_value)))
    }

    fn from_number(number: &str) -> Option<Self> {
        Some(Self::new(T::from_value(i32::from_number(number)?)))
    }
}

impl Enum for SpanKind {
    const EXPECTED: &'static str = "0 to 5 or a name such as `SPAN_KIND_SERVER`";

    fn from_name(name: &str) -> Option<Self> {
        let name = name.strip_prefix("SPAN_KIND_")?;
        if name == "UNSPECIFIED" {
            return Some(Self::default());
        }
        let mut kinds = Self::ALL.into_iter();
        kinds.find(|kind| kind.as_str().to_ascii_uppercase() == name)
    }

    fn from_value(value: i32) -> Option<Self> {
        match u8::try_from(value).ok()? {
            0 => Some(Self::default()),
            number => Self::from_number(number),
        }
    }
}

/// The code of a status.
#[derive(Clone, Copy, Default)]
pub(super) enum StatusCode {
    #[default]
    Unset,
    Ok,
    Error,
}

impl Enum for StatusCode {
    const EXPECTED: &'static str = "0 to 2 or a name such as `STATUS_CODE_ERROR`";

    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "STATUS_CODE_UNSET" => Self::Unset,
            "STATUS_CODE_OK" => Self::Ok,
            "STATUS_CODE_ERROR" => Self::Error,
            _ => return None,
        })
    }

    fn from_value(value: i32) -> Option<Self> {
        Some(match value {
            0 => Self::Unset,
            1 => Self::Ok,
            2 => Self::Error,
            _ => return None,
        })
    }
}
