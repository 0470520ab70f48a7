//! Sets tracers up from the environment, and does what its argument says;
//! `it/from_env.rs` runs it.

use std::collections::BTreeMap;

use trace_core::propagation::EnvironmentVariables;
use trace_core::{diagnostics, span, traced};

#[traced]
fn charge() {
    span::add_tag("amount", 7);
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let todo = std::env::args().nth(1).unwrap_or_default();
    if todo == "listens" {
        diagnostics::listen(|said| println!("{:?}: {said}", said.kind));
    }
    if todo == "twice" {
        drop(trace_otlp::from_env("orders")?.build()?);
    }
    let tracing = trace_otlp::from_env("orders")?
        .tag("service.version", "1.2")
        .install()?;
    match todo.as_str() {
        "passes" => {
            let mut headers = BTreeMap::new();
            let caller = trace_core::propagation::extract(&EnvironmentVariables::from_process());
            let request = trace_core::root("request").extracted(caller);
            request.run_sync(|| {
                charge();
                span::inject(&mut headers);
            });
            trace_core::root("own").run_sync(|| span::inject(&mut headers));
            println!("{headers:?} {}", tracing.stats().started);
        }
        "secret" => trace_core::root("order").run_sync(|| span::add_tag("db.password", "hunter2")),
        _ => trace_core::root("order").run_sync(charge),
    }
    Ok(())
}
