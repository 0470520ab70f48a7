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

/// How long a trace waits for more spans if the collector cannot know that none will come. This
/// is so if spans come by OTLP, and a call was given up before it was answered: it may still
/// have reached the other service. A span takes about 25 ms to arrive.
const QUIET_TIME: Duration = Duration::from_secs(1);

/// With `--exact`: longer than any run.
const NO_QUIET_TIME: Duration = Duration::from_secs(3_600);

/// How often the timers are checked.
const TICK: Duration = Duration::from_millis(100);

impl Collectors {
    pub fn new(options: &Options, screen: &Screen) -> Result<Self, Box<dyn Error>> {
        let path = options.output();
        let json = JsonCollector::to_file(&path).map_err(|error| {
            let cause = error.source().map(|cause| format!(": {cause}"));
            format!("{error}{}", cause.unwrap_or_default())
        })?;
        let trees = Trees::new(options, screen);
        let kept = usize::try_from(options.requests).unwrap_or(usize::MAX);
        let quiet_time = match options.exact {
            true => NO_QUIET_TIME,
            false => QUIET_TIME,
        };
        let options = TraceCollectorOptions {
            quiet_time,
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
        let mut interval = tokio::time::interval(TICK);
        loop {
            interval.tick().await;
            self.traces.tick();
        }
    }

    /// Waits until so many spans have come, and all traces are complete.
    pub async fn take(&self, spans: u64) {
        let mut interval = tokio::time::interval(TICK);
        loop {
            interval.tick().await;
            self.traces.tick();
            let stats = self.traces.stats();
            if stats.spans_received >= spans && stats.active_traces == 0 {
                return;
            }
        }
    }

    /// Stops waiting for more spans.
    pub fn finish(&self) {
        self.traces.finish();
        // The statistics show the spans that could not be written.
        drop(self.json.flush(Duration::from_secs(5)));
    }
}
