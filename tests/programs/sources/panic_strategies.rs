//! Records, and says how it panics.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use trace_core::{TraceCollector, TraceFuture, Tracer, TreeOptions, span, trace_root, traced};
use trace_otlp::JsonCollector;

#[traced(tags(order))]
async fn charge(order: u32) -> Result<u32, String> {
    span::add_log("asking the bank");
    std::future::ready(()).in_span("ask").await;
    if order == 7 { Err(format!("order {order}")) } else { parse("x").map_err(|error| error.to_string()) }
}

#[traced]
fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
    text.parse()
}

#[trace_root]
async fn checkout(order: u32) -> Result<u32, String> {
    charge(order).await
}

#[trace_root]
fn panics() {
    panic!("on purpose");
}

/// What a collector wrote.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn poll<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing is waited for"),
    }
}

fn main() {
    let strategy = if cfg!(panic = "abort") { "abort" } else { "unwind" };
    println!("{strategy}");
    let (traces, written) = (TraceCollector::new(), Written::default());
    let tracing = Tracer::builder("shop")
        .collector(traces.clone())
        .collector(JsonCollector::to_writer(written.clone()))
        .install()
        .unwrap();
    assert!(poll(checkout(7)).is_err() && poll(checkout(8)).is_err());
    let report = tracing.flush(Duration::from_secs(10));
    assert!(report.is_complete, "{report:?}");
    for done in traces.completed_traces() {
        println!("{}", done.trace.tree_with(TreeOptions::compact()));
    }
    assert!(!written.0.lock().unwrap().is_empty());
    let stats = tracing.stats();
    println!("{} started, {} delivered", stats.started, stats.delivered);
    if std::env::args().len() > 1 {
        panics();
    }
}
