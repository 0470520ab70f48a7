use trace_core::traced;

#[traced(tags(custmer, self))]
fn charge(customer: u32) -> u32 {
    customer
}

fn main() {
    charge(1);
}
