use trace_core::traced;

#[traced(kind = sever)]
fn misspelled() {}

#[traced(kind = "server")]
fn quoted() {}

#[traced(kind = 1)]
fn number() {}

fn main() {}
