//! What goes where it cannot go: loops, recursion, tasks.

use std::cell::RefCell;
use std::future::ready;
use std::rc::Rc;
use std::sync::Mutex;

use crate::{Noisy, is_send, spawn};

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn breaks() -> u32 {
    break;
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn breaks_sync() -> u32 {
    break;
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn breaks_fallible(flag: bool) -> Result<u32, String> {
    if flag {
        return Err(String::new());
    }
    break;
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn continues_fallible(flag: bool) -> Result<u32, String> {
    if flag {
        return Err(String::new());
    }
    continue;
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn continues() -> u32 {
    continue;
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn breaks_label() -> u32 {
    break 'outer;
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn recursive(value: u32) -> u32 {
    if value == 0 {
        0
    } else {
        recursive(value - 1).await
    }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn recursive_result(value: u32) -> Result<u32, String> {
    Ok(if value == 0 {
        0
    } else {
        recursive_result(value - 1).await?
    })
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn ping(value: u32) {
    if value > 0 {
        pong(value - 1).await;
    }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn pong(value: u32) {
    if value > 0 {
        ping(value - 1).await;
    }
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn waits() -> u32 {
    ready(1).await
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn waits_fallible(flag: bool) -> Result<u32, String> {
    if flag {
        return Err(String::new());
    }
    Ok(ready(1).await)
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn waits_in_closure() -> u32 {
    let closure = || ready(1).await;
    closure()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn tries_in_closure() -> Result<u32, String> {
    let closure = || crate::fails()?;
    Ok(closure())
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn spawns_rc() {
    let value = Rc::new(1);
    spawn(async move {
        ready(()).await;
        drop(value);
    });
}

#[cfg_attr(feature = "traced", trace_core::traced)]
async fn holds_rc() {
    let value = Rc::new(1);
    ready(()).await;
    drop(value);
}

#[cfg_attr(feature = "traced", trace_core::traced)]
async fn takes_rc(value: Rc<u32>) {
    ready(()).await;
    drop(value);
}

#[cfg_attr(feature = "traced", trace_core::traced)]
async fn borrows_cell(value: &RefCell<u32>) {
    ready(()).await;
    value.take();
}

#[cfg_attr(feature = "traced", trace_core::traced)]
async fn holds_guard(value: &Mutex<u32>) -> u32 {
    let guard = value.lock().unwrap();
    ready(()).await;
    *guard
}

#[cfg_attr(feature = "traced", trace_core::traced)]
async fn holds_generic<T>(value: T) {
    ready(()).await;
    drop(value);
}

pub fn sends() {
    spawn(holds_rc());
}

pub fn sends_argument() {
    is_send(takes_rc(Rc::new(1)));
}

pub fn sends_cell(cell: &RefCell<u32>) {
    is_send(borrows_cell(cell));
}

pub fn sends_guard(value: &Mutex<u32>) {
    is_send(holds_guard(value));
}

pub fn sends_generic<T>(value: T) {
    is_send(holds_generic(value));
}

pub fn sends_generic_twice<T>(value: T) {
    is_send(holds_generic(holds_generic(value)));
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn awaits_not_send() {
    spawn(async {
        holds_rc().await;
    });
}

#[cfg_attr(feature = "traced", trace_core::traced)]
fn returns_not_send() -> impl Future<Output = ()> + Send {
    holds_rc()
}

#[cfg_attr(feature = "traced", trace_core::traced)]
fn boxes_not_send() -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move { holds_rc().await })
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn borrows_for_a_task() {
    let text = String::new();
    spawn(borrows_text(&text));
}

#[cfg_attr(feature = "traced", trace_core::traced)]
async fn borrows_text(text: &str) -> usize {
    text.len()
}

pub fn not_unpin() {
    fn is_unpin(_: impl Unpin) {}
    is_unpin(holds_rc());
}

pub fn value_of_future() -> u32 {
    borrows_text("text")
}

pub fn wrong_argument_of_traced() {
    spawn(borrows_text(1));
}

pub fn few_arguments_of_traced() {
    spawn(borrows_text());
}

pub fn borrowed_for_traced() -> impl Future<Output = usize> {
    let text = String::new();
    borrows_text(&text)
}

pub fn given_twice() {
    let value = Rc::new(1);
    drop(takes_rc(value));
    drop(takes_rc(value));
}

pub fn not_a_future(noisy: Noisy) -> impl Future<Output = u32> {
    noisy
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async unsafe fn is_unsafe() {}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn calls_unsafe() {
    is_unsafe().await;
}

#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn calls_unsafe_sync() -> Result<(), String> {
    crate::fails()?;
    drop(is_unsafe());
    Ok(())
}

#[cfg_attr(feature = "traced", trace_core::traced)]
async fn holds_mut(value: &mut u32) {
    *value += 1;
    ready(()).await;
}

#[cfg_attr(feature = "traced", trace_core::traced)]
async fn holds_cell(value: RefCell<u32>) {
    ready(()).await;
    value.take();
}

pub fn panics_with_mut() {
    drop(std::panic::catch_unwind(|| drop(holds_mut(&mut 1))));
    fn is_unwind_safe(_: impl std::panic::UnwindSafe) {}
    is_unwind_safe(holds_mut(&mut 1));
    is_unwind_safe(holds_cell(RefCell::new(1)));
}

pub fn panics_with_cell() {
    fn is_ref_unwind_safe(_: impl std::panic::RefUnwindSafe) {}
    is_ref_unwind_safe(holds_mut(&mut 1));
    is_ref_unwind_safe(holds_cell(RefCell::new(1)));
}
