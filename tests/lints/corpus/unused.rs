//! What is written and not used.

#[cfg_attr(feature = "traced", trace_core::traced)]
fn never_called(argument: u32) -> u32 {
    argument
}

#[cfg_attr(feature = "traced", trace_core::traced)]
async fn never_awaited(argument: u32) -> u32 {
    argument
}

#[cfg_attr(feature = "traced", trace_core::traced)]
fn never_called_fallible(argument: u32) -> Result<u32, String> {
    Ok(argument)
}

/// Bindings.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn bindings(argument: u32, mut changed: u32, (left, right): (u32, u32), _: u32) -> u32 {
    let local = 1;
    let mut counted = 0;
    counted += 1;
    let (first, second) = (1, 2);
    let mut unneeded = 3;
    match Some(first) {
        Some(inner) => left,
        None => unneeded,
    }
}

/// Bindings.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn bindings_fallible(
    argument: u32,
    mut changed: u32,
    (left, right): (u32, u32),
    _: u32,
) -> Result<u32, String> {
    let local = 1;
    let mut counted = 0;
    counted += 1;
    let (first, second) = (1, 2);
    let mut unneeded = 3;
    match Some(first) {
        Some(inner) => Ok(left),
        None => Ok(unneeded),
    }
}

/// Bindings.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn bindings_async(
    argument: u32,
    mut changed: u32,
    (left, right): (u32, u32),
    _: u32,
    last: String,
) -> u32 {
    let local = 1;
    let mut counted = 0;
    counted += 1;
    let (first, second) = (1, 2);
    let mut unneeded = 3;
    match Some(first) {
        Some(inner) => left,
        None => unneeded,
    }
}

/// Bindings.
#[cfg_attr(feature = "traced", trace_core::trace_root)]
pub async fn bindings_async_fallible(
    argument: u32,
    mut changed: u32,
    Pair { left, right }: Pair,
    [head, ..]: [u32; 3],
    _underscored: u32,
) -> Result<u32, String> {
    let local = 1;
    let mut unneeded = 3;
    let closure = |inner: u32| 1;
    async fn inside(inner: u32) {}
    Ok(left + unneeded)
}

/// Two numbers.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// One.
    pub left: u32,
    /// The other.
    pub right: u32,
}

/// Values that are not read, of locals.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn assignments() -> u32 {
    let mut value = 1;
    value = 2;
    value = 3;
    value
}

/// Values that are not read, of locals.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn assignments_fallible() -> Result<u32, String> {
    let mut value = 1;
    value = 2;
    value = 3;
    Ok(value)
}

/// Values that are not read, of locals.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn assignments_async() -> u32 {
    let mut value = 1;
    value = 2;
    value = 3;
    value
}

/// Values that are not read, of arguments.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn assigned_arguments(mut value: u32, mut last: u32) -> u32 {
    value = 2;
    last = 3;
    value
}

/// Values that are not read, of arguments.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn assigned_arguments_fallible(mut value: u32, mut last: u32) -> Result<u32, String> {
    value = 2;
    last = 3;
    Ok(value)
}

/// Results and futures that are not used.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn results() {
    Ok::<u32, u32>(1);
    must_be_used();
    must_be_used_async();
    plain_async();
    1 + 1;
    vec![1].iter().map(|value| value + 1);
    Some(1).map(drop);
    "text";
    String::new();
}

/// Results and futures that are not used.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn results_fallible() -> Result<(), String> {
    Ok::<u32, u32>(1);
    must_be_used();
    must_be_used_async();
    plain_async();
    1 + 1;
    vec![1].iter().map(|value| value + 1);
    String::new();
    Ok(())
}

/// Results and futures that are not used.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn results_async() {
    Ok::<u32, u32>(1);
    must_be_used();
    must_be_used_async();
    must_be_used_async().await;
    plain_async();
    plain_async().await;
    1 + 1;
    vec![1].iter().map(|value| value + 1);
    let _ = String::new();
    let _ = std::sync::Mutex::new(1).lock();
}

/// Has a result to use.
#[cfg_attr(feature = "traced", trace_core::traced)]
#[must_use]
pub fn must_be_used() -> u32 {
    1
}

/// Has a future to use.
#[cfg_attr(feature = "traced", trace_core::traced)]
#[must_use = "for a reason"]
pub async fn must_be_used_async() -> u32 {
    1
}

/// Has a result and a future to use.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn plain_async() -> Result<u32, String> {
    Ok(1)
}

/// Nothing to use.
#[cfg_attr(feature = "traced", trace_core::traced)]
#[must_use]
pub fn must_use_of_nothing() {}

/// May end early.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn early(argument: u32, text: &str, mut unneeded: String, dead: u32) -> Result<u32, String> {
    let number: u32 = text.parse().map_err(|_| "no number")?;
    let unused = number;
    println!("{unneeded}");
    Ok(number)
}

/// Names an argument only in text.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn in_text(argument: u32, other: u32) {
    println!("other {argument}");
}

/// Shadows an argument.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn shadowed(argument: u32, mut other: u32) -> u32 {
    let argument = 1;
    let inner = |other: u32| other;
    inner(argument)
}

/// Closes over arguments.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn closed_over(argument: u32, mut other: u32) -> Result<u32, String> {
    let mut add = || other += 1;
    let text = "1".parse::<u32>().map_err(|error| error.to_string())?;
    add();
    Ok(text)
}

/// Does not come to what it is given.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn unreached(first: String, second: u32, mut third: String) -> Result<u32, String> {
    if true {
        return Ok(1);
        drop((first, second, third));
    }
    Ok(2)
}

/// Does not come to what it is given.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn unreached_async(first: u32, second: &str, third: String) -> Result<u32, String> {
    if true {
        return Ok(1);
        drop((first, second));
    }
    drop(third);
    Ok(2)
}
