//! Items, braces and attributes that are not needed.

use crate::unused::Pair;

/// Items and words in a body.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn items() {
    use std::collections::HashMap;
    use std::mem;
    const UNUSED: u32 = 1;
    struct Unused {
        field: u32,
    }
    enum Never {
        Built,
    }
    fn unused() {}
    macro_rules! unused_macro {
        () => {};
    }
    /// Documents nothing.
    let _value = std::mem::take(&mut String::new());
    'label: loop {
        break;
    }
    {};
}

/// Items and words in a body.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn items_async() -> Result<(), String> {
    use std::collections::HashMap;
    use std::mem;
    const UNUSED: u32 = 1;
    struct Unused {
        field: u32,
    }
    enum Never {
        Built,
    }
    fn unused() {}
    macro_rules! unused_macro {
        () => {};
    }
    /// Documents nothing.
    let _value = std::mem::take(&mut String::new());
    'label: loop {
        break;
    }
    Ok(())
}

/// Items and words in a body.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn items_fallible() -> Result<(), String> {
    use std::collections::HashMap;
    const UNUSED: u32 = 1;
    struct Unused {
        field: u32,
    }
    fn unused() {}
    macro_rules! unused_macro {
        () => {};
    }
    'label: loop {
        break;
    }
    Ok(())
}

/// Parentheses and braces.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn parentheses(value: u32) -> u32 {
    let sum = (value + 1);
    let block = { 1 };
    if (sum > 1) {
        return (sum);
    }
    (sum + block)
}

/// Parentheses and braces.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn parentheses_async(value: u32) -> u32 {
    let sum = (value + 1);
    let block = { 1 };
    if (sum > 1) {
        return (sum);
    }
    (sum + block)
}

/// Parentheses and braces.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn parentheses_fallible(value: u32) -> Result<u32, String> {
    let sum = (value + 1);
    let block = { 1 };
    if (sum > 1) {
        return (Ok(sum));
    }
    (Ok(sum + block))
}

/// Braces alone.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn braces() -> u32 {
    { 1 }
}

/// Braces alone.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn braces_async() -> u32 {
    { 1 }
}

/// Attributes twice, or to no end.
#[cfg_attr(feature = "traced", trace_core::traced)]
#[inline]
#[inline]
#[cold]
pub async fn attributes(#[allow(unused_variables)] silent: u32, loud: u32) {
    #![allow(unused_mut)]
    let mut silent = 1;
}

/// An expectation that is met, and one that is not.
#[cfg_attr(feature = "traced", trace_core::traced)]
#[expect(unused_variables, reason = "met")]
#[expect(unused_mut, reason = "not met")]
pub fn expectations(argument: u32) {}

/// An expectation that is met, and one that is not.
#[cfg_attr(feature = "traced", trace_core::traced)]
#[expect(unused_variables, reason = "met")]
#[expect(unused_mut, reason = "not met")]
pub async fn expectations_async(argument: u32) {}

/// An expectation that is met, and one that is not.
#[cfg_attr(feature = "traced", trace_core::traced)]
#[expect(unused_variables, reason = "met")]
#[expect(unused_mut, reason = "not met")]
pub fn expectations_fallible(argument: u32) -> Result<(), String> {
    Ok(())
}

/// Implements a trait for a type elsewhere.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn non_local(value: u32) -> Result<u32, String> {
    impl PartialEq<Pair> for u32 {
        fn eq(&self, _: &Pair) -> bool {
            true
        }
    }
    Ok(u32::from(value == Pair { left: 1, right: 1 }.left))
}

/// Implements a trait for a type elsewhere.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn non_local_async(value: u32) -> u32 {
    impl PartialEq<Pair> for u64 {
        fn eq(&self, _: &Pair) -> bool {
            true
        }
    }
    value
}
