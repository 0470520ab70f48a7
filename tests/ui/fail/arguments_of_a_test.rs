use trace_core::traced_test;

#[traced_test("name")]
fn named() {}

#[traced_test(kind = server)]
fn with_kind() {}

fn main() {}
