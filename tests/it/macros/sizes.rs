//! Tests of what the attributes add to futures: bytes, and levels of nesting.

use expect_test::expect;
use trace_core::{trace_root, traced};

use super::check;

/// Writes nested functions twice, plain and traced, and compares the sizes of their futures.
macro_rules! sizes {
    ($($name:ident($data:ident: $argument:ty) $body:block)*) => {
        mod plain_sizes {
            use super::*;
            $(pub(super) async fn $name($data: $argument) -> u8 $body)*
        }
        mod traced_sizes {
            use super::*;
            $(#[traced] pub(super) async fn $name($data: $argument) -> u8 $body)*
        }
        /// Returns the name, the size of the plain future, and the size of the traced one.
        fn sizes() -> Vec<(&'static str, usize, usize)> {
            fn size<A, F>(_: fn(A) -> F) -> usize {
                size_of::<F>()
            }
            vec![$((
                stringify!($name),
                size(plain_sizes::$name),
                size(traced_sizes::$name),
            )),*]
        }
    };
}

/// A value of 4 KiB with a destructor.
struct Big([u8; 4096]);

impl Drop for Big {
    fn drop(&mut self) {
        self.0[0] = 1;
    }
}

sizes! {
    number(data: u8) { data }
    kept(data: u64) { tokio::task::yield_now().await; data as u8 }
    handed_on(data: u64) { kept(data).await }
    twice_on(data: u64) { handed_on(data).await + kept(data).await }
    text(data: String) { tokio::task::yield_now().await; data.len() as u8 }
    text_on(data: String) { text(data).await }
    array_kept(data: [u8; 4096]) { tokio::task::yield_now().await; data[1] }
    array_on(data: [u8; 4096]) { array_kept(data).await }
    big_kept(data: Big) { tokio::task::yield_now().await; data.0[1] }
    big_on(data: Big) { big_kept(data).await }
    big_twice_on(data: Big) { big_on(data).await }
}

#[test]
fn a_future_is_at_most_32_bytes_larger_at_each_level() {
    let levels = |name: &str| match name {
        name if name.ends_with("twice_on") => 3,
        name if name.ends_with("on") => 2,
        _ => 1,
    };
    for (name, plain, traced) in sizes() {
        assert!(
            traced <= plain + 32 * levels(name),
            "{name}: {plain} bytes plain, {traced} traced"
        );
    }
}

#[test]
fn an_argument_is_stored_once() {
    for (name, _, traced) in sizes() {
        let arguments = match name {
            "array_kept" | "big_kept" => 1,
            "array_on" | "big_on" => 2, // its own, and that of the inner future
            "big_twice_on" => 3,
            _ => continue,
        };
        assert!(traced < arguments * (4096 + 64), "{name}: {traced} bytes");
    }
}

macro_rules! nest {
    ($first:ident $($name:ident)*) => {
        #[traced]
        async fn $first() -> Result<u32, std::io::Error> {
            tokio::task::yield_now().await;
            Ok(1)
        }
        nest!(@ $first $($name)*);
    };
    (@ $inner:ident $name:ident $($rest:ident)*) => {
        #[traced]
        async fn $name() -> Result<u32, std::io::Error> {
            $inner().await
        }
        nest!(@ $name $($rest)*);
    };
    (@ $outer:ident) => {
        #[trace_root]
        async fn outermost() -> Result<u32, std::io::Error> {
            $outer().await
        }
    };
}

nest! {
    n01 n02 n03 n04 n05 n06 n07 n08 n09 n10 n11 n12 n13 n14 n15 n16
    n17 n18 n19 n20 n21 n22 n23 n24
}

#[test]
fn two_dozen_nested_functions_can_be_spawned() {
    let body = async { tokio::spawn(outermost()).await.unwrap().unwrap() };
    assert_eq!(check(body, expect![""]), 1);
}
