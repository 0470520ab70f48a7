//! A collector that keeps everything.

use std::sync::{Arc, Mutex};

use crate::collector::{Collector, SpanBatch};
use crate::process::sync::Unpoisoned;
use crate::value::SpanRecord;

/// Keeps every span, without a bound; for tests and small programs.
///
/// A clone sees the same spans.
///
/// ```
/// use trace_core::{MemoryCollector, Tracer};
///
/// let spans = MemoryCollector::new();
/// let tracer = Tracer::builder("shop").collector(spans.clone()).build()?;
/// tracer.root("checkout").run_sync(|| {});
/// tracer.flush(std::time::Duration::from_secs(1));
/// assert_eq!(spans.spans()[0].operation_name, "checkout");
/// # Ok::<(), trace_core::BuildError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryCollector(Arc<Mutex<Vec<SpanRecord>>>);

impl MemoryCollector {
    /// Makes an empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the spans, by their start and, where that is the same, by their id.
    #[must_use]
    pub fn spans(&self) -> Vec<SpanRecord> {
        let mut spans = self.0.lock().unpoisoned().clone();
        spans.sort_by_key(|span| (span.start, span.span_id));
        spans
    }

    /// Takes the spans out.
    #[must_use]
    pub fn take(&self) -> Vec<SpanRecord> {
        let spans = self.spans();
        self.0.lock().unpoisoned().clear();
        spans
    }
}

impl Collector for MemoryCollector {
    fn collect(&self, batch: &SpanBatch<'_>) {
        let mut spans = self.0.lock().unpoisoned();
        spans.extend(batch.records());
    }

    fn is_quick(&self) -> bool {
        true
    }
}
