use trace_core::{trace_root, traced};

#[traced(returns = future)]
async fn is_async() {}

#[trace_root(returns = stream)]
fn pair() -> (u32, u32) {
    (1, 2)
}

#[traced(returns = stream)]
fn other() -> impl Future<Output = u32> {
    async { 1 }
}

#[traced(returns = future)]
fn boxed() -> std::pin::Pin<Box<dyn futures_util::Stream<Item = u32>>> {
    Box::pin(futures_util::stream::empty())
}

#[traced(returns = "future")]
fn quoted() {}

#[traced(returns)]
fn no_value() {}

struct Shop;

#[traced(returns = value)]
impl Shop {
    fn open(&self) {}
}

fn main() {}
