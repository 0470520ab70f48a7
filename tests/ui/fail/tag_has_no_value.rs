use trace_core::traced;

struct Order;

#[traced(tags(order, text = %order, missing = order.missing))]
async fn charge(order: Order) {
    drop(order);
}

fn main() {}
