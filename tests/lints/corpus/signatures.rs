//! What is said of signatures.

use std::borrow::Cow;
use std::fmt::{Debug, Display, Formatter};

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn undocumented() {}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn undocumented_async() {}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn undocumented_fallible() -> Result<(), String> {
    Ok(())
}

mod private {
    /// Cannot be reached.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub fn unreachable_pub() {}

    /// Cannot be reached.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub async fn unreachable_pub_async() -> Result<(), String> {
        Ok(())
    }

    #[derive(Debug)]
    struct Hidden;

    /// Shows what is private.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub(crate) fn private_type(hidden: Hidden) -> Hidden {
        hidden
    }

    /// Shows what is private.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub(crate) async fn private_type_async(hidden: Hidden) -> Hidden {
        hidden
    }

    /// Shows what is private.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub(crate) fn private_type_fallible(hidden: Hidden) -> Result<Hidden, String> {
        Ok(hidden)
    }
}

/// Lifetimes that are not used.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn unused_lifetime<'a>(text: &str) -> usize {
    text.len()
}

/// Lifetimes that are not used.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn unused_lifetime_async<'a>(text: &str) -> usize {
    text.len()
}

/// Lifetimes that are used once.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn single_use<'a>(text: &'a str) -> usize {
    text.len()
}

/// Lifetimes that are used once.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn single_use_async<'a>(text: &'a str) -> usize {
    text.len()
}

/// Lifetimes that are used once.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn single_use_async_with_two<'a, 'b>(text: &'a str, other: &'b str) -> &'b str {
    drop(text);
    other
}

/// Lifetimes that could be left out.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn needless<'a>(text: &'a str) -> &'a str {
    text
}

/// Lifetimes that could be left out.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn needless_async<'a>(text: &'a str) -> &'a str {
    text
}

/// Lifetimes that could be left out.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn needless_async_fallible<'a>(text: &'a str) -> Result<&'a str, String> {
    Ok(text)
}

/// Lifetimes that are not seen.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn hidden(f: &mut Formatter, text: &Cow<str>) -> Result<(), std::fmt::Error> {
    f.write_str(text)
}

/// Lifetimes that are not seen.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn hidden_async(f: &mut Formatter<'_>, text: &Cow<'_, str>) -> bool {
    f.write_str(text).is_ok()
}

/// Lifetimes that are not seen.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn hidden_in_output(text: &str) -> Cow<str> {
    Cow::Borrowed(text)
}

/// Lifetimes that are written in two ways.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn mismatched_async(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

/// Lifetimes that are written in two ways.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn mismatched<'a>(text: &'a str, other: &'static str) -> Result<Cow<'a, str>, String> {
    drop(other);
    Ok(Cow::Borrowed(text))
}

/// `'static` by another name.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn redundant_lifetime<'a: 'static>(text: &'a str) -> &'a str {
    text
}

/// `'static` by another name.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn redundant_lifetime_async<'a: 'static>(text: &'a str) -> &'a str {
    text
}

/// Longer paths than needed.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn qualified(value: std::option::Option<std::string::String>) -> std::string::String {
    value.unwrap_or_else(std::string::String::new)
}

/// Longer paths than needed.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn qualified_async(
    value: std::option::Option<std::string::String>,
) -> std::result::Result<std::string::String, std::string::String> {
    std::result::Result::Ok(value.unwrap_or_else(std::string::String::new))
}

/// Longer paths than needed.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn qualified_fallible(
    value: std::option::Option<std::string::String>,
) -> std::result::Result<std::string::String, std::string::String> {
    std::result::Result::Ok(value.unwrap_or_else(std::string::String::new))
}

/// Parentheses in types.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn parenthesized(value: (u32)) -> (Result<(u32), String>) {
    Ok(value)
}

/// Parentheses in types.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn parenthesized_async(value: (u32)) -> (u32) {
    value
}

/// Bounds twice.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn bounds<T: Debug + Debug, U>(value: T, other: U) -> Result<String, String>
where
    T: Display,
    U: Display,
{
    Ok(format!("{:?} {}", value, other))
}

/// Bounds twice.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn bounds_async<T: Debug + Debug, U>(value: T, other: U) -> String
where
    T: Display,
    U: Display,
{
    format!("{:?} {}", value, other)
}

/// A parameter that is not needed.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn extra_parameter<T>(value: u32) -> u32 {
    value
}

/// A name in no style.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn ConstParameter<const lower: usize>(values: [u32; lower]) -> usize {
    values.len()
}

/// A boxed function.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn types(
    boxed: Box<Vec<u32>>,
    call: Box<dyn Fn(&str, &str) -> Result<Box<dyn Fn(u32) -> u32 + Send>, Vec<Option<u32>>>>,
    option: Option<Option<u32>>,
    reference: &Box<u32>,
) -> Result<Vec<Box<u32>>, Box<dyn std::error::Error>> {
    drop(call("a", "b"));
    Ok(vec![Box::new(
        boxed.len() as u32 + option.flatten().unwrap_or(**reference),
    )])
}

/// A boxed function.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn types_async(
    boxed: Box<Vec<u32>>,
    option: Option<Option<u32>>,
    reference: &Box<u32>,
) -> Vec<Box<u32>> {
    vec![Box::new(
        boxed.len() as u32 + option.flatten().unwrap_or(**reference),
    )]
}

/// For another language.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub extern "C" fn foreign(text: String) -> Result<u32, String> {
    Ok(text.len() as u32)
}

/// For another language.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub extern "C" fn foreign_without_name(text: &str) -> usize {
    text.len()
}

/// An opaque type that captures what it has to.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn captures<'a>(text: &'a str) -> impl Iterator<Item = char> + use<'a> {
    text.chars()
}

/// An opaque type that captures what it has to.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn captures_async<'a>(
    text: &'a str,
) -> Result<impl Iterator<Item = char> + use<'a>, String> {
    Ok(text.chars())
}

/// Anonymous lifetimes in an `impl`.
#[derive(Debug)]
pub struct Borrowed<'a>(pub &'a str);

impl<'a> Borrowed<'a> {
    /// A lifetime that is hidden in the output.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub async fn hidden(&self) -> Borrowed<'_> {
        Borrowed(self.0)
    }

    /// A lifetime that is not needed.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub fn fallible<'b>(&'b self, other: &'b str) -> Result<&'b str, String> {
        Ok(if other.is_empty() { self.0 } else { other })
    }

    #[cfg_attr(feature = "traced", trace_core::traced)]
    pub async fn undocumented<'b>(&'b self, _text: &str) -> Result<&'b Self, String>
    where
        'a: 'b,
    {
        Ok(self)
    }
}

/// What is said of arguments if something holds.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn conditional(
    #[cfg_attr(all(), allow(unused_variables))] allowed: u32,
    #[cfg_attr(all(), cfg_attr(all(), expect(unused_variables, reason = "not used")))]
    expected: String,
    #[cfg_attr(any(), allow(unused_variables))] unused: u32,
) {
}

/// The same in a closure.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn conditional_fallible(
    #[cfg_attr(all(), allow(unused_variables))] allowed: u32,
    #[cfg_attr(all(), expect(unused_variables, reason = "not used"))] expected: String,
    #[cfg_attr(any(), allow(unused_variables))] unused: u32,
) -> Result<u32, String> {
    return "1".parse::<u32>().map_err(|_error| String::new());
}
