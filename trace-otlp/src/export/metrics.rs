//! Decides when metrics are made, and from which counts.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use trace_core::{Clock, Resource, Timestamp, TracerCounts};

use super::exporter::{Exporter, Shared};
use super::moment::Moment;
use super::protocol::Protocol;
use super::sdk_metrics::{of_exporter, of_tracer};
use crate::encode::{Encoder, Signal, Snapshot};

/// Makes metrics, and sends them.
pub(super) struct Metrics {
    pub(super) exporter: Exporter,
    every: Duration,
    next: Moment,
    clock: Clock,
    /// When the exporters' counts began.
    start: Timestamp,
    protocol: Protocol,
    /// The number of the collector in the process.
    number: u32,
    pub(super) tracer: Arc<TracerSlot>,
}

/// The tracer of a collector, and when it was built. If there were several, the last one.
#[derive(Default)]
pub(super) struct TracerSlot(Mutex<Option<(TracerCounts, Timestamp)>>);

/// How many collectors have been made.
static NUMBERS: AtomicU32 = AtomicU32::new(0);

impl Metrics {
    pub(super) fn new(exporter: Exporter, every: Duration, protocol: Protocol) -> Self {
        let clock = Clock::system();
        Self {
            exporter,
            every,
            next: Moment::now().after(every),
            start: clock.now(),
            clock,
            protocol,
            // Relaxed: no other memory depends on the number.
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
            tracer: Arc::default(),
        }
    }

    /// Makes metrics if it is time.
    pub(super) fn make_due(&mut self, encoder: &mut Encoder, others: &[(Signal, &Shared)]) {
        if self.next <= Moment::now() {
            self.make(encoder, others);
        }
    }

    /// Makes metrics from the current counts, and adds them to what waits. Without a tracer,
    /// there is no service to describe and nothing to count.
    pub(super) fn make(&mut self, encoder: &mut Encoder, others: &[(Signal, &Shared)]) {
        self.next = Moment::now().after(self.every);
        let Some((tracer, begin)) = self.tracer.get() else {
            return;
        };
        let (start, own) = (self.start.as_unix_nanos(), &*self.exporter.shared);
        let mut metrics = Vec::new();
        if let (Some(stats), Some(lanes)) = (tracer.stats(), tracer.lane_stats()) {
            metrics = of_tracer(begin.as_unix_nanos(), &stats, &lanes);
        }
        for (signal, shared) in others.iter().chain(&[(Signal::Metrics, own)]) {
            let stats = shared.counters.read();
            let kind = (self.protocol, *signal);
            metrics.extend(of_exporter(start, kind, self.number, &stats));
        }
        let resource: &Resource = tracer.resource();
        let time = self.clock.now().as_unix_nanos();
        let part = encoder.metrics(resource, &Snapshot { time, metrics });
        self.exporter.add(part.items(), vec![part]);
    }

    /// Returns the time until there is something to do.
    pub(super) fn next_wake(&self) -> Duration {
        let next = self.next.since(Moment::now());
        self.exporter
            .next_wake()
            .map_or(next, |wake| wake.min(next))
    }
}

impl TracerSlot {
    pub(super) fn set(&self, counts: &TracerCounts) {
        let now = Clock::system().now();
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *slot = Some((counts.clone(), now));
    }

    fn get(&self) -> Option<(TracerCounts, Timestamp)> {
        let slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.clone()
    }
}
