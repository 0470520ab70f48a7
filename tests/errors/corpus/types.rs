//! Values of other types than they are to have.

use std::future::ready;
use std::num::ParseIntError;

use crate::{Gone, Noisy, fails};

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn wrong_value() -> u32 {
    "text"
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn wrong_value_sync() -> u32 {
    "text"
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn wrong_value_fallible() -> Result<u32, String> {
    "text"
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn wrong_ok() -> Result<u32, String> {
    Ok("text")
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn wrong_return(early: bool) -> Result<u32, String> {
    if early {
        return Err(1);
    }
    return 1;
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn wrong_return_sync(early: bool) -> Result<u32, String> {
    if early {
        return Err(1);
    }
    return 1;
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn value_for_nothing() {
    1
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn value_for_nothing_sync() {
    1
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn return_for_nothing() {
    return 1;
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn return_without_value() -> u32 {
    return;
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn no_value() -> u32 {
    let _value = 1;
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn no_value_of_result() -> Result<u32, String> {
    fails()?;
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn no_value_sync() -> u32 {
    let _value = 1;
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn no_value_of_result_sync() -> Result<u32, String> {
    fails()?;
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn semicolon() -> u32 {
    1;
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn semicolon_sync() -> Result<u32, String> {
    fails()?;
    Ok(1);
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn empty() -> u32 {}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn empty_sync() -> Result<u32, String> {}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn no_conversion() -> Result<u32, ParseIntError> {
    fails()?;
    Ok(1)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn no_conversion_sync() -> Result<u32, ParseIntError> {
    fails()?;
    Ok(1)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn no_result() -> u32 {
    fails()?;
    1
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn no_result_at_all() {
    fails()?;
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn no_result_sync() -> u32 {
    fails()?;
    1
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn option_for_result() -> Result<u32, String> {
    Ok(Some(1)?)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn option(text: &str) -> Option<u32> {
    Some(text.parse::<u32>()?)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn option_sync(text: &str) -> Option<u32> {
    Some(text.parse::<u32>()?)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn branches(flag: bool) -> u32 {
    if flag { 1 } else { "text" }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn half_a_branch(flag: bool) -> u32 {
    if flag {
        1
    }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn arms(value: Option<u32>) -> u32 {
    match value {
        Some(value) => value,
        None => "none",
    }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn missing_arm(value: Option<u32>) -> u32 {
    match value {
        Some(value) => value,
    }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn not_awaited() -> u32 {
    ready(1)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn awaited_number() -> u32 {
    1.await
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn unknown_type_of_collect(text: String) -> usize {
    let list = text.chars().collect();
    list.len()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn unknown_type_of_parse(text: &str) -> Result<(), ParseIntError> {
    let value = text.parse()?;
    Ok(())
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn unknown_type_of_none() {
    let value = None;
    ready(()).await;
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn unknown_type_of_default() {
    ready(Default::default()).await;
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn no_method(value: u32) -> usize {
    value.length()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn no_field(noisy: Noisy) -> u32 {
    noisy.missing
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn wrong_argument() {
    crate::consume("text");
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn few_arguments() {
    crate::consume();
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn no_bound<T>(value: T) -> String {
    value.to_string()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn compares<T>(left: T, right: T) -> bool {
    left == right
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn not_an_iterator() -> impl Iterator<Item = u32> {
    1
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn not_an_iterator_sync() -> impl Iterator<Item = u32> {
    1
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn iterator_of_other_items() -> impl Iterator<Item = u32> {
    vec!["text"].into_iter()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn iterator_of_other_items_sync() -> impl Iterator<Item = u32> {
    vec!["text"].into_iter()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn two_opaque(flag: bool) -> impl std::fmt::Display {
    if flag {
        return 1;
    }
    "text"
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn not_displayed() -> Result<impl std::fmt::Display, String> {
    Ok(Gone)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn not_dyn() -> Box<dyn std::fmt::Display> {
    Box::new(Gone)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn unsized_value() -> str {
    *"text"
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn unsized_value_sync() -> str {
    *"text"
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn unsized_argument(text: str) -> usize {
    text.len()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn unsized_argument_sync(text: str) -> Result<usize, String> {
    fails()?;
    Ok(text.len())
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn ends(flag: bool) -> ! {
    if flag {
        std::process::exit(1);
    }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn ends_sync(flag: bool) -> ! {
    if flag {
        std::process::exit(1);
    }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn adds(value: u32, other: i64) -> i64 {
    value + other
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn casts(text: &str) -> u32 {
    text as u32
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn future_of_other() -> impl Future<Output = u32> {
    async { "text" }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn boxed_future_of_other() -> std::pin::Pin<Box<dyn Future<Output = u32>>> {
    Box::pin(async { "text" })
}

pub trait Loads {
    async fn load(&self) -> u32;
}

impl Loads for Noisy {
    #[cfg_attr(feature = "traced", trace_core::traced)]
    async fn load(&self) -> String {
        String::new()
    }
}

impl Loads for Gone {
    #[cfg_attr(feature = "traced", trace_core::traced)]
    async fn load(&self, more: u32) -> u32 {
        more
    }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn refutable(Some(value): Option<u32>) -> u32 {
    value
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn refutable_sync(Some(value): Option<u32>) -> Result<u32, String> {
    crate::fails()?;
    Ok(value)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn wrong_pattern((left, right): (u32, u32, u32)) -> u32 {
    left + right
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn unused_parameter<'a, T>(value: u32) -> u32 {
    value.missing::<T>()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
impl Noisy {
    pub async fn no_method(&self) -> u32 {
        self.missing()
    }

    pub async fn no_field(&self) -> u32 {
        self.missing
    }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn block_for_value() -> u32 {
    async { 1 }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn block_for_result() -> Result<u32, String> {
    async { Ok(1) }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn block_for_box() -> Box<u32> {
    async { 1 }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn boxed_block_for_pin() -> std::pin::Pin<Box<u32>> {
    Box::pin(async { 1 })
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn ready_of_other() -> impl Future<Output = u32> {
    ready("a")
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn no_future() -> impl Future<Output = u32> {
    1
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn no_future_at_all() -> impl Future<Output = u32> {}
