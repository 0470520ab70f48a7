//! References that live for too short a time.

use std::fmt::Display;

use crate::Noisy;

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn other_one<'a>(text: &'a str, other: &str) -> &'a str {
    if text.is_empty() { other } else { text }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn other_one_sync<'a>(text: &'a str, other: &str) -> Result<&'a str, String> {
    if text.is_empty() {
        return Ok(other);
    }
    Ok(text)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn other_name<'a, 'b>(text: &'a str, other: &'b str) -> &'a str {
    if text.is_empty() { other } else { text }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn other_name_sync<'a, 'b>(text: &'a str, other: &'b str) -> Result<&'a str, String> {
    Ok(if text.is_empty() { other } else { text })
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn is_static(text: &str) -> &'static str {
    text
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn is_static_sync(text: &str) -> &'static str {
    text
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn boxed(text: &str) -> Box<dyn Display> {
    Box::new(text)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn boxed_sync(text: &str) -> Box<dyn Display> {
    Box::new(text)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn boxed_generic<T: Display>(value: T) -> Box<dyn Display> {
    Box::new(value)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn stored<'a>(list: &mut Vec<&'a str>, text: &str) {
    list.push(text);
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn stored_sync<'a>(list: &mut Vec<&'a str>, text: &str) -> Result<(), String> {
    list.push(text);
    Ok(())
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn captured(text: &str) -> impl Fn() -> usize + 'static {
    move || text.len()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn future(text: &str) -> impl Future<Output = usize> + 'static {
    async move { text.len() }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn boxed_future(text: &str) -> std::pin::Pin<Box<dyn Future<Output = usize> + Send>> {
    Box::pin(async move { text.len() })
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn iterator(list: &[u32]) -> impl Iterator<Item = u32> + use<> {
    list.iter().copied()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn iterator_sync(list: &[u32]) -> impl Iterator<Item = u32> + use<> {
    list.iter().copied()
}

pub struct Shelf<'a> {
    books: Vec<&'a str>,
}

#[cfg_attr(feature = "traced", trace_core::traced)]
impl<'a> Shelf<'a> {
    pub async fn put(&mut self, book: &str) {
        self.books.push(book);
    }

    pub async fn first(&self, text: &str) -> &'a str {
        text
    }

    pub async fn name(&self, text: &str) -> &str {
        text
    }

    pub fn name_sync(&self, text: &str) -> Result<&str, String> {
        Ok(text)
    }

    pub async fn own(&self) -> &'static Self {
        self
    }
}

pub trait Finds {
    async fn find<'a>(&self, text: &'a str) -> &'a str;
}

impl Finds for Noisy {
    #[cfg_attr(feature = "traced", trace_core::traced)]
    async fn find<'a>(&'a self, text: &str) -> &'a str {
        text
    }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn closure(list: &mut Vec<u32>) {
    let mut push = || list.push(1);
    list.clear();
    push();
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn escapes(text: String) -> impl Fn() -> usize {
    || text.len()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn unnamed(text: impl Display) -> Box<dyn Display + 'static> {
    Box::new(text)
}

pub struct Cursor<'a>(&'a str);

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn named<'a>(text: &'a str, other: &str) -> Cursor<'a> {
    Cursor(other)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn named_local<'a>() -> Cursor<'a> {
    let text = String::new();
    Cursor(&text)
}
