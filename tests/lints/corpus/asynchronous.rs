//! What clippy says of async functions.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;
use std::sync::Mutex;

/// Awaits nothing.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn unused_async() -> u32 {
    1
}

/// Awaits nothing, and may fail.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn unused_async_fallible(value: u32) -> Result<u32, String> {
    if value == 1 {
        return Err("one".to_string());
    }
    return Ok(value);
}

/// Holds a lock.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn holds_a_lock(lock: &Mutex<u32>) -> u32 {
    let guard = lock.lock().unwrap();
    unused_async().await;
    *guard
}

/// Holds a borrow.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn holds_a_borrow(cell: &RefCell<u32>) -> Result<u32, String> {
    let guard = cell.borrow_mut();
    unused_async().await;
    Ok(*guard)
}

/// Is not `Send`.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn not_send(count: Rc<Cell<u32>>) -> u32 {
    unused_async().await;
    count.get()
}

/// Is large.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn large() -> u8 {
    let bytes = [1_u8; 50_000];
    unused_async().await;
    bytes[1]
}

/// Holds what is large.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn holds_large() -> u8 {
    let first = large().await;
    first + large().await
}

/// Could be an `async fn`.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn manual(value: u32) -> impl Future<Output = u32> {
    async move { value }
}

/// Could be an `async fn`.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn manual_borrowed<'a>(value: &'a u32) -> impl Future<Output = u32> + 'a {
    async move { *value }
}

/// Has a block that is async for nothing.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn redundant_block(value: u32) -> u32 {
    async { value }.await
}

/// Yields a future.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn yields_a_future(value: u32) -> impl Future<Output = u32> {
    async move { value }
}

/// Awaits a future in a loop and a closure.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn closures(values: Vec<u32>) -> u32 {
    let make = |value: u32| async move { value };
    let mut sum = 0;
    for value in values.iter() {
        sum += make(*value).await;
    }
    sum
}

/// Has many arguments.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn many(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8) -> u8 {
    a + b + c + d + e + f + g + h
}

/// Takes what it could borrow.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn takes(text: String, list: Vec<u32>, owned: &String, items: &Vec<u32>) -> usize {
    text.len() + list.len() + owned.len() + items.len()
}

/// Takes flags.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn flags(a: bool, b: bool, c: bool, d: bool) -> bool {
    a && b && c && d
}

/// Copies for nothing.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn clones(text: String) -> String {
    let copy = text.clone();
    let result = copy;
    result
}

/// Uses what is not to be used.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn underscored(_value: u32) -> u32 {
    _value
}

/// Shadows.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn shadows(value: u32) -> u32 {
    let value = value;
    let value = value + 1;
    let value = "text".len() as u32;
    value
}

/// Panics.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn panics(values: &[u32], wanted: Option<u32>) -> u32 {
    assert!(values.len() > 1);
    let first = values[0];
    first + wanted.unwrap() + wanted.expect("wanted") + values.len() as u32
}

/// Items after statements.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn late_items(value: u32) -> u32 {
    let value = value + 1;
    fn add(value: u32) -> u32 {
        value + 1
    }
    use std::convert::identity;
    identity(add(value))
}

/// The `async` in the middle.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn middle(value: u32) -> u32 {
    let future = async { value + 1 };
    let other = async move {
        let lock = Mutex::new(1);
        let guard = lock.lock();
        unused_async().await;
        guard.is_ok()
    };
    drop(other.await);
    future.await
}
