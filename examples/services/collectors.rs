//! Where the spans of all services come together.
//!
//! It owns the collector that assembles traces, with its options, and the one that
//! writes the file. What is printed of a trace is up to `harness/trees.rs`.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use trace_core::{Collector, TraceCollector, TraceCollectorOptions};
use trace_otlp::JsonCollector;

use crate::harness::options::Options;
use crate::harness::screen::Screen;
use crate::harness::trees::Trees;
use crate::service::Service;

/// The traces, and the file with the same spans.
#[derive(Clone)]
pub struct Collectors {
    pub traces: TraceCollector,
    pub json: Arc<JsonCollector>,
    pub path: PathBuf,
}

/// How long a trace waits for more spans if it cannot be told that none will come:
/// always if they come as OTLP, which does not say when a process is done with a
/// trace. A span is on its way for some 25 ms.
const QUIET_TIME: Duration = Duration::from_secs(1);

impl Collectors {
    pub fn new(options: &Options, screen: &Screen) -> Result<Self, Box<dyn Error>> {
        let path = options.output();
        let json = JsonCollector::to_file(&path).map_err(|error| {
            let cause = error.source().map(|cause| format!(": {cause}"));
            format!("{error}{}", cause.unwrap_or_default())
        })?;
        let trees = Trees::new(options, screen);
        let kept = usize::try_from(options.requests).unwrap_or(usize::MAX);
        let options = TraceCollectorOptions {
            quiet_time: QUIET_TIME,
            tracers: Service::ALL.len(),
            // The checks at the end look at every trace.
            max_active_traces: kept.max(1_000),
            max_completed_traces: kept.max(1_000),
            max_bytes: usize::MAX,
            ..TraceCollectorOptions::default()
        };
        Ok(Self {
            traces: TraceCollector::with_hook(options, move |completed| trees.show(completed)),
            json: Arc::new(json),
            path,
        })
    }

    /// Lets the traces look at the time, for as long as this is polled.
    pub async fn tick(&self) {
        let mut interval = tokio::time::interval(QUIET_TIME / 10);
        loop {
            interval.tick().await;
            self.traces.tick();
        }
    }

    /// Waits for no more spans.
    pub fn finish(&self) {
        self.traces.finish();
        // What could not be written is seen in the statistics.
        drop(self.json.flush(Duration::from_secs(5)));
    }
}
