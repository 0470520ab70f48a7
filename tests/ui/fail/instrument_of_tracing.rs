//! What `#[instrument]` of `tracing` takes.

use trace_core::traced;

#[traced(skip(card, self), fields(id, order.id = order.id, c = %card, d = ?card))]
fn most(id: u32) {}

#[traced(skip_all, fields("quoted.key" = 1, otel.name = "POST /", otel.kind = "server"))]
fn quoted() {}

#[traced(fields(empty = tracing::field::Empty, %shown, ?debug, http.status))]
fn fields() {}

#[traced(level = "debug", target = "app", name = "charge")]
fn places() {}

#[traced(level = tracing::Level::DEBUG, target: "app")]
fn typed() {}

#[traced(parent = None, follows_from = causes)]
fn origin() {}

#[traced(follows_from = causes.iter().map(|cause| cause.id()), skip_all)]
fn causes() {}

#[traced("bare", err)]
fn err_flag() -> Result<(), String> {
    Ok(())
}

#[traced(err(Debug))]
fn err_debug() -> Result<(), String> {
    Ok(())
}

#[traced(err(level = "warn"))]
fn err_level() -> Result<(), String> {
    Ok(())
}

#[traced(err(Display, level = tracing::Level::WARN))]
fn err_both() -> Result<(), String> {
    Ok(())
}

#[traced(ret, ret(Display), ret(level = "warn"))]
fn ret() {}

#[traced(name = NAME)]
fn constant() {}

#[traced(tags(otel.name = "a"), tags(id), tags(%id), tags(id = tracing::field::Empty))]
fn tags(id: u32) {}

#[traced(parent = None)]
fn no_parent() {}

#[traced(tags(none = Option::None), tags[id], skip(id))]
fn brackets(id: u32) {}

#[traced(err(Debug))]
mod errors {
    fn fails() -> Result<(), String> {
        Ok(())
    }
}

fn main() {
    #[traced]
    let number = 1;
}
