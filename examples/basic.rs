//! A minimal traced program: a root, a function with a tag, and an error.
//!
//! ```sh
//! cargo run -p trace-examples --example basic
//! ```

use trace_core::{TraceCollector, Tracer, trace_root, traced};

#[traced(tags(order.id = id))] // a span, with a tag
async fn charge(id: u64) -> Result<(), &'static str> {
    if id == 8 {
        Err("card declined")
    } else {
        Ok(())
    } // an `Err` marks the span
}

#[trace_root] // begins a trace
async fn checkout(id: u64) -> Result<(), &'static str> {
    charge(id).await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _tracing = Tracer::builder("shop")
        .collector(TraceCollector::printing()) // each trace, as a tree
        .install()?; // flushes when dropped
    trace_examples::check(checkout(7).await.is_ok(), "order 7 is paid")?;
    Ok(trace_examples::check(
        checkout(8).await.is_err(),
        "order 8 is declined",
    )?)
}
