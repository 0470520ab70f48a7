//! A collector that sends spans to another process.
//!
//! It makes the requests and counts lost spans. It does not retry or keep spans: if it cannot
//! send a batch, the batch is lost.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use trace_core::{Collector, CollectorError, SpanBatch};
use ureq::Agent;

/// Posts every batch as OTLP/JSON.
///
/// The calls block, which is acceptable on the tracer's own thread.
pub struct PostCollector {
    agent: Agent,
    url: String,
    lost_spans: AtomicU64,
}

impl PostCollector {
    pub fn new(receiver: SocketAddr) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(4)))
            // Loopback must not use a proxy from the environment.
            .proxy(None)
            .build();
        Self {
            agent: config.into(),
            url: format!("http://{receiver}/v1/traces"),
            lost_spans: AtomicU64::new(0),
        }
    }
}

impl Collector for PostCollector {
    fn collect(&self, batch: &SpanBatch<'_>) {
        // A batch without spans may still say which traces have ended.
        let has_reports =
            batch.completed_traces().next().is_some() || batch.losses().next().is_some();
        if batch.is_empty() && !has_reports {
            return;
        }
        let body = trace_otlp::to_json(batch);
        let request = self.agent.post(&self.url);
        let request = request.header("content-type", "application/json");
        if request.send(&body).is_err() {
            let spans = batch.len().try_into().unwrap_or(u64::MAX);
            self.lost_spans.fetch_add(spans, Ordering::Relaxed);
        }
    }

    fn flush(&self, _timeout: Duration) -> Result<(), CollectorError> {
        match self.lost_spans.load(Ordering::Relaxed) {
            0 => Ok(()),
            lost => Err(CollectorError::new(format!("{lost} spans are lost"))),
        }
    }
}
