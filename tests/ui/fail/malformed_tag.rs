use trace_core::traced;

#[traced(tags(%id))]
fn no_key(id: u32) {}

#[traced(tags(order.id))]
fn no_value(order: u32) {}

#[traced(tags(id = ))]
fn empty_value(id: u32) {}

#[traced(tags("literal"))]
fn literal_without_value() {}

#[traced(tags(id id))]
fn no_comma(id: u32) {}

#[traced(tags(id = 1, id = 2))]
fn doubled() {}

#[traced(tags(secret(id)))]
fn secret_without_key(id: u32) {}

#[traced(tags(id = secret()))]
fn secret_without_value(id: u32) {}

#[traced(tags(a. = 1))]
fn dot_at_the_end() {}

#[traced(tags(1 = 1))]
fn number_as_key() {}

fn main() {}
