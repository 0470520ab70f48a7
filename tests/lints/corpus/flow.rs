//! Where control goes.

/// Code after the end.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn unreachable(value: u32) -> u32 {
    if value == 1 {
        return 1;
        drop(value);
    }
    loop {
        if value == 2 {
            panic!("two");
            drop(value);
        }
        break;
        drop(value);
    }
    return 2;
    3
}

/// Code after the end.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn unreachable_fallible(value: u32) -> Result<u32, String> {
    if value == 1 {
        return Ok(1);
        drop(value);
    }
    return Ok(2);
    Ok(3)
}

/// Code after the end.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn unreachable_async(value: u32) -> u32 {
    if value == 1 {
        return 1;
        drop(value);
    }
    panic!("two");
    3
}

/// Code after the end.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn unreachable_async_fallible(value: u32) -> Result<u32, String> {
    if value == 1 {
        return Ok(1);
        drop(value);
    }
    todo!();
    Ok(3)
}

/// Code after the end.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn never() -> ! {
    loop {}
    drop(1);
}

/// Code after the end.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn never_async() -> ! {
    std::future::pending::<()>().await;
    unreachable!();
    drop(1);
}

/// Does not end.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn endless() -> Result<u32, String> {
    std::process::exit(1)
}

/// Does not end, and goes on.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn endless_statement() -> Result<u32, String> {
    loop {}
    Ok(1)
}

/// Does not end, and says where it is.
#[cfg_attr(feature = "traced", trace_core::traced)]
#[track_caller]
pub fn endless_caller(argument: u32) -> Result<u32, String> {
    std::process::exit(1)
}

/// Does not end.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn endless_async() -> Result<u32, String> {
    std::process::exit(1)
}

/// Calls itself.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn recursion_fallible(value: u32) -> Result<u32, String> {
    recursion_fallible(value + 1)
}

/// Not finished.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn unfinished(argument: u32) -> u32 {
    todo!()
}

/// Not finished.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn unfinished_fallible(argument: u32) -> Result<u32, String> {
    unimplemented!("later")
}

/// Not finished.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn unfinished_async(argument: u32) -> Result<u32, String> {
    todo!()
}

/// Calls itself.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn recursion(value: u32) -> u32 {
    recursion(value)
}

/// Calls itself.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn recursion_async(value: u32) -> u32 {
    Box::pin(recursion_async(value)).await
}

/// Patterns.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn patterns(value: Option<u32>) -> u32 {
    match value {
        _ => 1,
        Some(_) => 2,
    };
    if let other = value {
        drop(other);
    }
    while let _always = value {
        break;
    }
    match value {
        Some(one) => one,
        Some(_) => 2,
        None => 3,
    }
}

/// Patterns.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn patterns_async(value: Option<u32>) -> Result<u32, String> {
    if let other = value {
        drop(other);
    }
    for item in value {
        drop(item);
    }
    Ok(match value {
        Some(one) => one,
        Some(_) => 2,
        None => 3,
    })
}

/// Patterns.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn patterns_fallible(value: Option<u32>) -> Result<u32, String> {
    if let other = value {
        drop(other);
    }
    while true {
        break;
    }
    Ok(match value {
        Some(one) => one,
        Some(_) => 2,
        None => 3,
    })
}

/// Numbers that are known to fail.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn numbers(list: [u32; 2]) -> u32 {
    let zero = 0_u32;
    let byte: u8 = 256;
    drop(u32::from(byte) >= 0 && byte >= 0);
    drop(1 / zero);
    drop(255_u8 + 1);
    drop(1_u32 << 40);
    list[2]
}

/// Numbers that are known to fail.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn numbers_fallible(list: [u32; 2]) -> Result<u32, String> {
    let zero = 0_u32;
    let byte: u8 = 256;
    drop(byte >= 0);
    drop(1 / zero);
    drop(255_u8 + 1);
    drop(1_u32 << 40);
    Ok(list[2])
}

/// Numbers that are known to fail.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn numbers_async(list: [u32; 2]) -> u32 {
    let byte: u8 = 256;
    drop(byte >= 0);
    drop(255_u8 + 1);
    list[2]
}

/// Calls without effect.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn no_effect(text: &str, copied: u32) -> bool {
    drop(text);
    drop(copied);
    std::mem::forget(copied);
    drop(text.clone());
    let same = text.as_ptr() as *const u8 as usize as usize;
    drop(Box::new(1_u32) as Box<u32>);
    f32::NAN == same as f32
}

/// Calls without effect.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn no_effect_async(text: &str, copied: u32) -> Result<bool, String> {
    drop(text);
    drop(copied);
    std::mem::forget(copied);
    drop(text.clone());
    Ok(f32::NAN == copied as f32)
}

/// Calls without effect.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn no_effect_fallible(text: &str, copied: u32) -> Result<bool, String> {
    drop(text);
    drop(copied);
    std::mem::forget(copied);
    drop(text.clone());
    Ok(f32::NAN == copied as f32)
}

/// Is not to be used.
#[cfg_attr(feature = "traced", trace_core::traced)]
#[deprecated(note = "use another one")]
pub async fn deprecated() {}

/// Uses it.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn uses_deprecated() {
    deprecated().await;
}

/// Uses it.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn uses_deprecated_fallible() -> Result<(), String> {
    drop(deprecated());
    Ok(())
}

/// Without care.
///
/// # Safety
///
/// `pointer` is valid.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub unsafe fn unsafe_body(pointer: *const u32) -> u32 {
    *pointer
}

/// Without care.
///
/// # Safety
///
/// `pointer` is valid.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub unsafe fn unsafe_body_fallible(pointer: *const u32) -> Result<u32, String> {
    Ok(*pointer)
}

/// Without care.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async unsafe fn unsafe_body_async(pointer: *const u32) -> u32 {
    *pointer
}

/// With too much of it.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub fn unsafe_block(value: u32) -> Result<u32, String> {
    Ok(unsafe { value })
}

/// With too much of it.
#[cfg_attr(feature = "traced", trace_core::traced)]
pub async fn unsafe_block_async(value: u32) -> u32 {
    unsafe { value }
}
