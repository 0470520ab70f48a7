use trace_core::traced;

#[traced("")]
fn empty() {}

#[traced(42)]
fn number() {}

#[traced(name = b"bytes")]
fn bytes() {}

#[traced(name = concat!("a", "b"))]
fn call() {}

fn main() {}
