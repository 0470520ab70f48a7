//! The types whose values can become tags.
//!
//! Owns the conversion to [`TagInput`], which only borrows. `record/write` applies the limits
//! and records it.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use super::tag::TagValue;

/// A type whose values can become tags.
///
/// Implemented for bools, numbers, texts, `Duration` (in seconds, as a float), `Option`
/// (`None` writes no tag), slices, arrays and vectors of bools, `i64`, `f64` and texts,
/// [`TagValue`], and pointers to all of these. Wrap any other type with [`display`] or
/// [`debug`], or implement the trait.
///
/// ```
/// use trace_core::{TagInput, TagSource};
///
/// struct OrderId(u32);
///
/// impl TagSource for OrderId {
///     fn tag_input(&self) -> TagInput<'_> {
///         TagInput::I64(self.0.into())
///     }
/// }
/// # let _ = OrderId(1).tag_input();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a tag",
    label = "not a bool, number, text, or array of them",
    note = "write `%value` in `tags(..)`, or `display(value)`, to record its `Display` text, and `?value` or `debug(value)` for `Debug`",
    note = "or implement `trace_core::TagSource` for `{Self}`"
)]
pub trait TagSource {
    /// Returns the value, borrowed.
    ///
    /// This crate calls this method only if the tag is recorded, or if a sampler reads it.
    /// Spans that the method opens are not recorded. If it panics, the value of the tag
    /// becomes a text about the panic, and the caller continues.
    fn tag_input(&self) -> TagInput<'_>;

    /// Returns whether the implementation belongs to this crate and only returns the value. It
    /// cannot panic and opens no spans, so the caller needs no guard.
    #[doc(hidden)]
    #[inline]
    fn __traced_is_plain(&self) -> bool {
        false
    }
}

/// A borrowed value that is about to be recorded as a tag.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum TagInput<'a> {
    /// No value; writes no tag.
    None,
    /// True or false.
    Bool(bool),
    /// A signed integer.
    I64(i64),
    /// An unsigned integer; recorded as text above `i64::MAX`.
    U64(u64),
    /// A float.
    F64(f64),
    /// A text.
    Str(&'a str),
    /// Recorded as its `Display` text.
    Display(&'a dyn fmt::Display),
    /// Recorded as its `Debug` text.
    Debug(&'a dyn fmt::Debug),
    /// Bools.
    Bools(&'a [bool]),
    /// Signed integers.
    I64s(&'a [i64]),
    /// Floats.
    F64s(&'a [f64]),
    /// Texts.
    Strs(&'a [&'a str]),
    /// Owned texts.
    Strings(&'a [String]),
    /// An existing value.
    Value(&'a TagValue),
}

impl fmt::Debug for TagInput<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TagInput({:?})", self.to_value())
    }
}

impl TagInput<'_> {
    /// Copies the value; `None` for [`TagInput::None`].
    #[must_use]
    pub fn to_value(&self) -> Option<TagValue> {
        Some(match *self {
            Self::None => return None,
            Self::Bool(value) => value.into(),
            Self::I64(value) => value.into(),
            Self::U64(value) => value.into(),
            Self::F64(value) => value.into(),
            Self::Str(value) => value.to_owned().into(),
            Self::Display(value) => value.to_string().into(),
            Self::Debug(value) => format!("{value:?}").into(),
            Self::Bools(values) => values.to_vec().into(),
            Self::I64s(values) => values.to_vec().into(),
            Self::F64s(values) => values.to_vec().into(),
            Self::Strs(values) => values
                .iter()
                .map(|value| (*value).to_owned())
                .collect::<Vec<String>>()
                .into(),
            Self::Strings(values) => values.to_vec().into(),
            Self::Value(value) => value.clone(),
        })
    }
}

/// Makes a tag value from the `Display` text of a value.
///
/// ```
/// use trace_core::{TagSource, display};
///
/// let address = std::net::Ipv4Addr::LOCALHOST;
/// let value = display(&address);
/// assert_eq!(value.tag_input().to_value().unwrap().as_str(), Some("127.0.0.1"));
/// ```
pub fn display<T: fmt::Display>(value: T) -> DisplayTag<T> {
    DisplayTag(value)
}

/// Makes a tag value from the `Debug` text of a value.
pub fn debug<T: fmt::Debug>(value: T) -> DebugTag<T> {
    DebugTag(value)
}

/// See [`display`].
#[derive(Clone, Copy, Debug)]
pub struct DisplayTag<T>(T);

/// See [`debug`].
#[derive(Clone, Copy, Debug)]
pub struct DebugTag<T>(T);

impl<T: fmt::Display> TagSource for DisplayTag<T> {
    fn tag_input(&self) -> TagInput<'_> {
        TagInput::Display(&self.0)
    }

    #[inline]
    fn __traced_is_plain(&self) -> bool {
        true
    }
}

impl<T: fmt::Debug> TagSource for DebugTag<T> {
    fn tag_input(&self) -> TagInput<'_> {
        TagInput::Debug(&self.0)
    }

    #[inline]
    fn __traced_is_plain(&self) -> bool {
        true
    }
}

macro_rules! tag_source {
    ($($source:ty => |$value:ident| $make:expr;)*) => {$(
        impl TagSource for $source {
            #[inline]
            fn tag_input(&self) -> TagInput<'_> {
                let $value = self;
                $make
            }

            #[inline]
            fn __traced_is_plain(&self) -> bool {
                true
            }
        }
    )*};
}

tag_source! {
    bool => |value| TagInput::Bool(*value);
    i8 => |value| TagInput::I64((*value).into());
    i16 => |value| TagInput::I64((*value).into());
    i32 => |value| TagInput::I64((*value).into());
    i64 => |value| TagInput::I64(*value);
    isize => |value| i64::try_from(*value).map_or(TagInput::Display(value), TagInput::I64);
    u8 => |value| TagInput::I64((*value).into());
    u16 => |value| TagInput::I64((*value).into());
    u32 => |value| TagInput::I64((*value).into());
    u64 => |value| TagInput::U64(*value);
    usize => |value| u64::try_from(*value).map_or(TagInput::Display(value), TagInput::U64);
    i128 => |value| i64::try_from(*value).map_or(TagInput::Display(value), TagInput::I64);
    u128 => |value| u64::try_from(*value).map_or(TagInput::Display(value), TagInput::U64);
    f32 => |value| TagInput::F64((*value).into());
    f64 => |value| TagInput::F64(*value);
    char => |value| TagInput::Display(value);
    Duration => |value| TagInput::F64(value.as_secs_f64());
    str => |value| TagInput::Str(value);
    String => |value| TagInput::Str(value);
    Cow<'_, str> => |value| TagInput::Str(value);
    [bool] => |values| TagInput::Bools(values);
    [i64] => |values| TagInput::I64s(values);
    [f64] => |values| TagInput::F64s(values);
    [&str] => |values| TagInput::Strs(values);
    [String] => |values| TagInput::Strings(values);
    TagValue => |value| TagInput::Value(value);
}

macro_rules! forward_tag_source {
    ($($pointer:ty),*) => {$(
        impl<T: TagSource + ?Sized> TagSource for $pointer {
            #[inline]
            fn tag_input(&self) -> TagInput<'_> {
                (**self).tag_input()
            }

            #[inline]
            fn __traced_is_plain(&self) -> bool {
                (**self).__traced_is_plain()
            }
        }
    )*};
}

forward_tag_source!(&T, &mut T, Box<T>, std::rc::Rc<T>, std::sync::Arc<T>);

impl<T> TagSource for Vec<T>
where
    [T]: TagSource,
{
    fn tag_input(&self) -> TagInput<'_> {
        self.as_slice().tag_input()
    }

    #[inline]
    fn __traced_is_plain(&self) -> bool {
        true
    }
}

impl<T, const N: usize> TagSource for [T; N]
where
    [T]: TagSource,
{
    fn tag_input(&self) -> TagInput<'_> {
        self.as_slice().tag_input()
    }

    #[inline]
    fn __traced_is_plain(&self) -> bool {
        true
    }
}

impl<T: TagSource> TagSource for Option<T> {
    #[inline]
    fn tag_input(&self) -> TagInput<'_> {
        self.as_ref().map_or(TagInput::None, T::tag_input)
    }

    #[inline]
    fn __traced_is_plain(&self) -> bool {
        self.as_ref().is_none_or(T::__traced_is_plain)
    }
}
