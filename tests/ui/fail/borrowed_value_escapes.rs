use trace_core::traced;

#[traced]
async fn asynchronous<'a>(text: &'a str, other: &str) -> &'a str {
    if text.is_empty() { other } else { text }
}

#[traced]
fn moved_twice(text: String) -> Result<(), String> {
    drop(text);
    drop(text);
    Ok(())
}

fn main() {}
