#![deny(warnings)]

use trace_core::traced;

#[traced]
async fn unused_argument(used: u32, unused: u32, mut unneeded: u32) -> u32 {
    let local = 1;
    used + unneeded
}

#[traced]
fn unused_in_sync(unused: u32) -> Result<u32, String> {
    return Ok(1);
    Ok(2)
}

#[traced]
fn never_called() {}

#[traced]
async fn braces() -> u32 {
    let value = { 1 };
    (value)
}

#[traced]
#[must_use]
fn must_be_used() -> u32 {
    1
}

fn main() {
    drop(unused_argument(1, 2, 3));
    drop(unused_in_sync(1));
    drop(braces());
    must_be_used();
}
