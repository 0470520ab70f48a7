use std::pin::Pin;

use trace_core::traced;

fn load() -> Result<u32, String> {
    Ok(1)
}

#[traced]
fn no_tail() -> Result<u32, String> {
    load()?;
}

#[traced]
async fn no_tail_of_async() -> Result<u32, String> {
    load()?;
}

#[traced]
fn not_boxed() -> Pin<Box<dyn Future<Output = u32> + Send>> {
    async { 1 }
}

#[traced]
fn not_a_future() -> impl Future<Output = u32> {
    1
}

fn main() {}
