//! A collector that keeps every span in memory.

use std::sync::{Arc, Mutex};

use crate::collector::{Collector, SpanBatch};
use crate::process::sync::Unpoisoned;
use crate::value::SpanRecord;

/// Keeps every span in memory, without a limit. Use it for tests and small programs.
///
/// Clones share their spans: give one clone to the tracer, and read the spans from another.
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
    /// Makes a collector without spans.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns copies of the spans, sorted by start, and by id if the start is the same.
    ///
    /// Spans that the tracer has not delivered yet are missing. [Flush](crate::Tracer::flush)
    /// the tracer first.
    #[must_use]
    pub fn spans(&self) -> Vec<SpanRecord> {
        let spans = self.0.lock().unpoisoned().clone();
        sorted(spans)
    }

    /// Removes the spans and returns them, in the order of [`spans`](Self::spans).
    ///
    /// A span that is delivered later is in the next result.
    #[must_use]
    pub fn take(&self) -> Vec<SpanRecord> {
        let spans = std::mem::take(&mut *self.0.lock().unpoisoned());
        sorted(spans)
    }
}

/// Called without the lock, because a sort should not block the tracer's thread.
fn sorted(mut spans: Vec<SpanRecord>) -> Vec<SpanRecord> {
    spans.sort_by_key(|span| (span.start, span.span_id));
    spans
}

impl Collector for MemoryCollector {
    fn collect(&self, batch: &SpanBatch<'_>) {
        let mut spans = self.0.lock().unpoisoned();
        spans.extend(batch.records());
    }

    // The lock is only held to copy or drop spans.
    fn is_quick(&self) -> bool {
        true
    }
}
