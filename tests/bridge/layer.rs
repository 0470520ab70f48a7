//! The layer: what it cannot do is said.

use std::sync::{Arc, Mutex};

use trace_core::diagnostics;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::prelude::*;

#[test]
fn a_filter_of_the_whole_stack_is_said() {
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let listener = Arc::clone(&said);
    diagnostics::listen(move |diagnostic| {
        listener.lock().unwrap().push(diagnostic.to_string());
    });
    let filtered = || tracing_subscriber::registry().with(EnvFilter::new("warn"));
    let _first = tracing::Dispatch::new(filtered().with(trace_bridge::layer()));
    let _second = tracing::Dispatch::new(filtered().with(trace_bridge::layer()));
    let said = said.lock().unwrap();
    let about: Vec<&String> = said
        .iter()
        .filter(|line| line.contains("trace_bridge::layer()"))
        .collect();
    assert_eq!(about.len(), 1, "{said:?}");
}
