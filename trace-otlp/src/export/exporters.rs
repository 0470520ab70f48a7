//! The exporters of a collector: one for each signal that it sends.
//!
//! Owns the encoder, and the order of signals: traces first. The exporters share nothing, so
//! spans are sent as before if a server refuses log records.

use std::time::Duration;

use trace_core::SpanBatch;

use super::exporter::{Exporter, Patience, Shared};
use super::metrics::Metrics;
use super::moment::Moment;
use crate::encode::{Encoder, Part, Signal};

/// The part of a collector that only one caller uses at a time.
pub(super) struct Exporters {
    pub(super) encoder: Encoder,
    pub(super) traces: Exporter,
    /// `None` if no logs are sent as records.
    pub(super) logs: Option<Exporter>,
    /// `None` if metrics are not requested.
    pub(super) metrics: Option<Metrics>,
}

impl Exporters {
    /// Encodes a batch, and adds its spans, logs and reports about traces to what waits.
    pub(super) fn add(&mut self, batch: &SpanBatch<'_>) {
        let spans = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        self.encoder.reuse(self.traces.pending.take_spare());
        // If this panics, nothing is counted: the tracer counts the batch.
        let parts = self.encoder.parts(batch);
        let Some(logs) = &mut self.logs else {
            return self.traces.add(spans, parts);
        };
        let (of_traces, of_logs): (Vec<_>, Vec<_>) = parts
            .into_iter()
            .partition(|part| part.signal() == Signal::Traces);
        self.traces.add(spans, of_traces);
        logs.add(of_logs.iter().map(Part::items).sum(), of_logs);
    }

    /// Sends waiting items to servers that are due.
    pub(super) fn send_due(&mut self) {
        self.make_metrics(Metrics::make_due);
        for exporter in self.each() {
            exporter.send_due(Patience::OneTry);
        }
        if let Some(metrics) = &mut self.metrics {
            metrics.exporter.send_due(Patience::OneTry);
        }
    }

    /// Until a moment, tries to send everything that waits, even during a backoff.
    pub(super) fn send_all(&mut self, until: Moment) {
        for exporter in self.each() {
            exporter.endpoints.make_due();
        }
        // One try for each signal first, so that a signal whose servers are down does not use
        // up the time of another.
        if self.each().count() > 1 {
            for exporter in self.each() {
                exporter.send_due(Patience::OneTryUntil(until));
            }
        }
        for exporter in self.each() {
            exporter.send_due(Patience::Until(until));
        }
        // Metrics are made last, so that they count what happened to the other signals.
        self.make_metrics(Metrics::make);
        if let Some(metrics) = &mut self.metrics {
            metrics.exporter.endpoints.make_due();
            metrics.exporter.send_due(Patience::Until(until));
        }
    }

    fn make_metrics(&mut self, make: fn(&mut Metrics, &mut Encoder, &[(Signal, &Shared)])) {
        let Some(metrics) = &mut self.metrics else {
            return;
        };
        let mut others = vec![(Signal::Traces, &*self.traces.shared)];
        let logs = self.logs.as_ref();
        others.extend(logs.map(|logs| (Signal::Logs, &*logs.shared)));
        make(metrics, &mut self.encoder, &others);
    }

    /// Returns the time until there is something to do; `None` if nothing waits and metrics
    /// are not requested.
    pub(super) fn next_wake(&self) -> Option<Duration> {
        let exporters = std::iter::once(&self.traces).chain(&self.logs);
        let wakes = exporters.filter_map(Exporter::next_wake);
        wakes
            .chain(self.metrics.as_ref().map(Metrics::next_wake))
            .min()
    }

    /// Gives up everything that waits, and counts it as lost.
    pub(super) fn end(&mut self) {
        for exporter in self.each() {
            exporter.end();
        }
        // After the shutdown, no wake-up for metrics may be scheduled.
        if let Some(mut metrics) = self.metrics.take() {
            metrics.exporter.end();
        }
    }

    /// Returns the exporters of spans and log records.
    fn each(&mut self) -> impl Iterator<Item = &mut Exporter> {
        std::iter::once(&mut self.traces).chain(&mut self.logs)
    }
}
