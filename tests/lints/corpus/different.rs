//! Functions of which something else is said when they are traced, and why.

/// The body of a sync function that returns a `Result` and may end early is in a
/// closure, and rustc looks for recursion only in functions.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn recursion(value: u32) -> Result<u32, String> {
    Ok(recursion(value)? + 1)
}

/// The first argument that may have a destructor is captured by the future, and so
/// used: a variable made of it would be stored twice.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn shadowed(first: String, second: u32, third: String) -> u32 {
    let first = 1;
    let second = 2;
    let third = 3;
    first + second + third
}

/// An argument that is made a variable again, and changed before it is read, is
/// underlined without its `mut`.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn assigned(mut value: u32, mut last: u32) -> Result<u32, String> {
    value = 2;
    last = 3;
    value = u32::try_from(i64::from(value)).map_err(|error| error.to_string())?;
    Ok(value)
}

/// The same in a future.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn assigned_async(mut value: u32, mut last: u32, mut text: String) -> u32 {
    value = 2;
    last = 3;
    text = String::new();
    value
}

/// Its methods are plain functions that return a future, which is what the lint
/// about `async fn` asks for.
pub trait Asynchronous {
    /// Has a body.
    #[cfg_attr(feature = "traced", trace_core::traced)]
    async fn with_body(&self) -> u32 {
        1
    }

    /// Has none.
    async fn without(&self);
}

/// What stands in the attribute is linted as well.
#[cfg_attr(
    feature = "traced",
    trace_core::traced(tags(half = value / 2, first = list[0], _unused))
)]
pub fn expressions(value: u32, list: &[u32], _unused: u32) -> u32 {
    return value + list[0];
}

/// Clippy looks at tags, then at the body in a block of its own; it takes the
/// numbers in a block at the end for typed.
#[cfg_attr(feature = "traced", trace_core::traced(tags(text)))]
pub fn untyped_number(text: &str) -> String {
    let unused = 1;
    text.to_owned()
}
