use trace_core::traced;

#[traced(kind)]
fn no_value() {}

#[traced(service = )]
fn empty_value() {}

#[traced(kind: server)]
fn wrong_sign() {}

#[traced(tags = (a))]
fn tags_assigned() {}

#[traced(tags())]
fn no_tags() {}

#[traced(err)]
fn err_alone() {}

#[traced(err = on)]
fn err_on() {}

#[traced("op" kind = server)]
fn no_comma() {}

#[traced(= 1)]
fn no_name() {}

#[traced(crate = "trace_core")]
fn crate_in_quotes() {}

fn main() {}
