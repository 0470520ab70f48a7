use trace_core::traced;

#[traced]
async fn asynchronous() -> Result<u32, String> {
    let value: u32 = "text";
    value
}

#[traced]
fn sync(fails: bool) -> Result<u32, String> {
    if fails {
        return Err(1);
    }
    Ok("text")
}

#[traced]
async fn unit() {
    1
}

#[traced]
async fn missing() -> u32 {
    undefined
}

#[traced]
fn boxed() -> std::pin::Pin<Box<dyn Future<Output = u32> + Send>> {
    Box::pin(async { "text" })
}

fn main() {}
