//! A minimal traced program: `cargo run -p trace-examples --example basic`.

use trace_core::{TraceCollector, Tracer, trace_root, traced};

#[traced(tags(order.id = id))] // a span, with a tag
async fn charge(id: u64) -> Result<(), &'static str> {
    match id {
        8 => Err("card declined"), // an `Err` marks the span
        _ => Ok(()),
    }
}

#[trace_root] // begins a trace
async fn checkout(id: u64) -> Result<(), &'static str> {
    charge(id).await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let prints = TraceCollector::printing(); // each trace, as a tree
    let _tracing = Tracer::builder("shop").collector(prints).install()?; // flushes when dropped
    checkout(7).await?;
    let is_declined = checkout(8).await.is_err();
    Ok(trace_examples::check(is_declined, "order 8 is declined")?)
}
