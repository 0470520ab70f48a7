//! The exporters of a collector: one for each signal that it sends.
//!
//! Owns the encoder, and the order of signals: traces first. The exporters share nothing, so a
//! server that refuses log records takes spans as before.

use std::time::Duration;

use trace_core::SpanBatch;

use super::exporter::{Exporter, Patience};
use super::moment::Moment;
use crate::encode::{Encoder, Part, Signal};

/// The part of a collector that its callers take turns at.
pub(super) struct Exporters {
    pub(super) encoder: Encoder,
    pub(super) traces: Exporter,
    /// `None` if no log is a record.
    pub(super) logs: Option<Exporter>,
}

impl Exporters {
    /// Encodes a batch. Its spans, logs and reports of traces wait from now on.
    pub(super) fn add(&mut self, batch: &SpanBatch<'_>) {
        let spans = u64::try_from(batch.len()).unwrap_or(u64::MAX);
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

    /// Sends what waits, to servers that are due.
    pub(super) fn send_due(&mut self) {
        for exporter in self.each() {
            exporter.send_due(Patience::OneTry);
        }
    }

    /// Tries to send all that waits until a moment, also during a backoff.
    pub(super) fn send_all(&mut self, until: Moment) {
        for exporter in self.each() {
            exporter.endpoints.make_due();
        }
        // Once each, so that a signal whose servers are down does not use the time of another.
        if self.each().count() > 1 {
            for exporter in self.each() {
                exporter.send_due(Patience::OneTryUntil(until));
            }
        }
        for exporter in self.each() {
            exporter.send_due(Patience::Until(until));
        }
    }

    /// Returns after what time there is something to do; `None` if nothing waits.
    pub(super) fn next_wake(&self) -> Option<Duration> {
        let exporters = std::iter::once(&self.traces).chain(&self.logs);
        exporters.filter_map(Exporter::next_wake).min()
    }

    /// Gives up all that waits.
    pub(super) fn end(&mut self) {
        for exporter in self.each() {
            exporter.end();
        }
    }

    fn each(&mut self) -> impl Iterator<Item = &mut Exporter> {
        std::iter::once(&mut self.traces).chain(&mut self.logs)
    }
}
