use trace_core::traced;

#[traced]
async fn recursive(n: u32) -> u32 {
    if n == 0 { 0 } else { recursive(n - 1).await }
}

#[traced]
fn captures(text: &str) -> impl Future<Output = usize> + use<> {
    async move { text.len() }
}

#[traced]
fn outlives<'a>(text: &'a str, other: &str) -> impl Future<Output = &'a str> {
    async move { if text.is_empty() { other } else { text } }
}

fn main() {}
