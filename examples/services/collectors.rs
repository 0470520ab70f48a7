//! Collects the spans of all services.
//!
//! This file owns the collector that assembles traces, with its options, and the one that
//! writes the file. `harness/trees.rs` decides which traces are printed.

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

/// How long a trace waits for more spans if the collector cannot know that none will come.
/// This is always the case for OTLP, which has no message for the end of a trace in a process.
/// A span takes about 25 ms to arrive.
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
            // The checks at the end need every trace.
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

    /// Lets the collector check its timers, as long as this is polled.
    pub async fn tick(&self) {
        let mut interval = tokio::time::interval(QUIET_TIME / 10);
        loop {
            interval.tick().await;
            self.traces.tick();
        }
    }

    /// Stops waiting for more spans.
    pub fn finish(&self) {
        self.traces.finish();
        // The statistics show the spans that could not be written.
        drop(self.json.flush(Duration::from_secs(5)));
    }
}
