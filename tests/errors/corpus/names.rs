//! What is not there.

use crate::{Borrowed, Noisy};

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn value() -> u32 {
    missing
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn value_sync() -> Result<u32, String> {
    Ok(missing)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn function(text: &str) -> u32 {
    missing(text).await
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn ty(value: Missing) -> u32 {
    1
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn returned() -> Missing {
    todo!()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn in_result() -> Result<u32, Missing> {
    Ok(1)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn in_result_sync() -> Result<u32, Missing> {
    let value: u32 = "1".parse()?;
    Ok(value)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn bound<T: Missing>(value: T) -> u32 {
    1
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn bound_of_unnamed(value: impl Missing) -> u32 {
    1
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn path() -> u32 {
    missing::value()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn misspelled(request: u32) -> u32 {
    reqest
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn of_self() -> u32 {
    self.value
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn private() -> u32 {
    crate::inner::PRIVATE
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn few_generics() -> Vec {
    Vec::new()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn many_generics() -> Vec<u32, u32, u32> {
    Vec::new()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn no_generics_sync() -> Result {
    Ok(1)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn inferred(value: _) -> u32 {
    1
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn inferred_return() -> _ {
    1
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn twice(value: u32, value: u32) -> u32 {
    value
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn unbound_in_alternatives(value: Option<u32>) -> u32 {
    let (Some(found) | None) = value;
    found
}

#[cfg_attr(feature = "traced", trace_core::traced)]
impl Noisy {
    pub async fn no_self() -> u32 {
        self.touch()
    }
}

pub async fn same_name() {}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn same_name() {}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn no_name(text: &str, other: &str) -> &str {
    if text.is_empty() { other } else { text }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn no_name_sync(text: &str, other: &str) -> &str {
    if text.is_empty() { other } else { text }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn unknown(text: &'a str) -> usize {
    text.len()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn hidden(text: Borrowed) -> usize {
    text.0.len()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn hidden_in_generics(text: Option<Borrowed>) -> usize {
    text.map_or(0, |text| text.0.len())
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn hidden_in_value(text: &str) -> Borrowed {
    Borrowed(text)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn hidden_in_result(text: &str) -> Result<Borrowed, String> {
    Ok(Borrowed(text))
}
