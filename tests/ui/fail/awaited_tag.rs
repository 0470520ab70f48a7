use trace_core::traced;

async fn price(id: u32) -> u32 {
    id
}

#[traced(tags(price = price(id).await))]
async fn order(id: u32) -> u32 {
    id
}

#[traced(service = (name().await).as_str())]
async fn named() {}

async fn name() -> String {
    String::new()
}

fn main() {
    let _ = (order(1), named());
}
