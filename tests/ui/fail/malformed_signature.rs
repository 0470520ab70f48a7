use trace_core::traced;

#[traced]
fn no_type_of_argument(id: ) {}

#[traced]
async fn no_returned_type() -> {}

fn main() {}
