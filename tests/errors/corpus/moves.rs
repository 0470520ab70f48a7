//! Values that are used after they have gone, and borrows of them.

use std::future::ready;
use std::rc::Rc;

use crate::{Noisy, consume, spawn};

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn twice_async(s: String) -> usize {
    drop(s);
    s.len()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn twice(s: String) -> usize {
    drop(s);
    s.len()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn twice_fallible(s: String) -> Result<usize, String> {
    drop(s);
    if s.is_empty() {
        return Err(s);
    }
    Ok(1)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn second_twice(first: String, second: Vec<u8>) -> usize {
    consume(second);
    first.len() + second.len()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn part_of_pattern((left, right): (String, String)) -> String {
    drop(left);
    left + &right
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn in_a_loop(s: String) {
    for _ in 0..2 {
        drop(s);
        ready(()).await;
    }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn local_twice() -> Result<usize, String> {
    let text = String::new();
    drop(text);
    Ok(text.len())
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn out_of_reference(s: &String) -> String {
    *s
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn out_of_reference_sync(s: &Option<String>) -> Result<String, String> {
    s.ok_or("none".to_owned())
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn into_a_closure(s: String) -> usize {
    let length = move || s.len();
    s.len() + length()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn borrowed_by_a_task(s: String) -> usize {
    spawn(async { s.len() });
    s.len()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn borrowed_argument_in_a_task(text: &str) {
    spawn(async move { text.len() });
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn borrowed_by_a_thread(text: &str) -> Result<(), String> {
    std::thread::spawn(move || text.len());
    Ok(())
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn moved_into_a_task(s: String) -> usize {
    spawn(async move { s.len() });
    s.len()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn moved_while_borrowed(s: String) -> usize {
    let borrowed = &s;
    drop(s);
    borrowed.len()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn moved_while_borrowed_sync(s: String) -> Result<usize, String> {
    let borrowed = &s;
    drop(s);
    Ok(borrowed.len())
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn borrowed_twice(mut list: Vec<u32>) -> usize {
    let first = &mut list;
    let second = &mut list;
    first.push(1);
    second.len()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn changed_while_borrowed(mut list: Vec<u32>) -> u32 {
    let first = &list[0];
    list.push(1);
    ready(()).await;
    *first
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn changed_reference(list: &mut Vec<u32>) -> u32 {
    let first = &list[0];
    list.push(1);
    *first
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn not_mut(list: Vec<u32>) {
    list.push(1);
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn not_mut_sync(list: Vec<u32>) -> Result<(), String> {
    list.push(1);
    Ok(())
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn not_mut_reference(list: &Vec<u32>) {
    list.push(1);
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn assigned_twice(value: u32) -> u32 {
    value = 2;
    value
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn assigned_twice_sync(value: u32) -> Result<u32, String> {
    value = 2;
    Ok(value)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn assigned_while_borrowed(mut value: u32) -> u32 {
    let borrowed = &value;
    value = 2;
    *borrowed
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn never_set() -> u32 {
    let value: u32;
    value
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn dropped_too_soon() -> usize {
    let text;
    {
        let local = String::new();
        text = &local;
    }
    text.len()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn dropped_too_soon_sync() -> Result<usize, String> {
    let text;
    {
        let local = String::new();
        text = &local;
    }
    Ok(text.len())
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn temporary() -> usize {
    let text = String::from("text").as_str();
    ready(()).await;
    text.len()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn returns_local<'a>() -> &'a str {
    let text = String::new();
    &text
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn returns_argument<'a>(text: String) -> &'a str {
    &text
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn returns_argument_sync<'a>(text: String) -> Result<&'a str, String> {
    Ok(&text)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn returns_temporary() -> Result<&'static str, String> {
    Ok(&String::new())
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn closure_outlives(value: u32) -> Box<dyn Fn() -> u32> {
    Box::new(|| value)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn generic_twice<T: Into<String>>(value: T) -> String {
    let text = value.into();
    text + &value.into()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn unnamed_twice(value: impl Into<String>) -> String {
    let text = value.into();
    text + &value.into()
}

pub struct Shop {
    name: String,
}

#[cfg_attr(feature = "traced", trace_core::traced)]
impl Shop {
    pub async fn moves_self(self) -> String {
        drop(self);
        self.name
    }

    pub async fn moves_field(&self) -> String {
        self.name
    }

    pub fn moves_field_sync(&self) -> Result<String, String> {
        Ok(self.name)
    }

    pub async fn changes(&self) {
        self.name = String::new();
    }

    pub async fn changes_with_mut(&self) {
        self.name.push('a');
    }

    pub async fn lends_twice(&mut self) -> usize {
        let first = &mut self.name;
        let second = &mut self.name;
        first.push('a');
        second.len()
    }

    pub async fn twice_by_value(mut self: Box<Self>) -> usize {
        let name = self.name;
        self.name.len() + name.len()
    }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn partly(noisy: (String, Noisy)) -> usize {
    drop(noisy.0);
    noisy.0.len()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn out_of_rc(value: Rc<String>) -> String {
    *value
}

#[cfg_attr(feature = "traced", trace_core::traced(tags(text)))]
pub async fn with_a_tag(text: String) -> usize {
    drop(text);
    text.len()
}
