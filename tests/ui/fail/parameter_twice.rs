use trace_core::traced;

#[traced]
async fn asynchronous((a, b): (u32, u32), b: u32) -> u32 {
    a + b
}

#[traced]
fn sync((a, b): (u32, u32), b: u32) -> Result<u32, String> {
    if a == 0 {
        return Err("zero".to_owned());
    }
    Ok(a + b)
}

fn main() {}
