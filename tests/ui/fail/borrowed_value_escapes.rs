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

#[traced]
fn sync<'a>(text: &'a str, other: &str) -> Result<&'a str, String> {
    let longer = if text.len() > 3 { text } else { other };
    Ok(longer)
}

fn main() {}
