//! The collector that writes complete traces to a file in Chrome's format.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use trace_core::{
    Collector, CollectorError, CompletedTrace, SpanBatch, Trace, TraceCollector,
    TraceCollectorOptions, TraceId,
};

use super::events::{self, Events};
use crate::file::create_file_error::CreateFileError;
use crate::file::output::{JsonStats, Limits, Output};

/// Writes each trace, when it completes, to a file for [Perfetto](https://ui.perfetto.dev) and
/// `chrome://tracing`.
///
/// Each service is shown as a process, and the spans of one task as a thread. A span that runs
/// at the same time as its siblings has its own track, with an arrow from its caller. Tags are
/// shown as arguments, and logs as instants. The clocks of services are adjusted, as in
/// [`Trace::times_of`](trace_core::Trace::times_of).
///
/// A trace is written when it is complete or given up, by the rules of [`TraceCollector`].
/// Spans that arrive later are not written, and are counted as [lost](JsonStats::spans_lost).
/// The file is readable at any time, even after a crash.
///
/// ```
/// use trace_core::Tracer;
/// use trace_otlp::ChromeTraceCollector;
///
/// # let path = std::env::temp_dir().join(format!("chrome-trace-{}.json", std::process::id()));
/// let tracer = Tracer::builder("shop")
///     .collector(ChromeTraceCollector::to_file(&path)?)
///     .build()?;
/// # drop(tracer);
/// # std::fs::remove_file(path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ChromeTraceCollector {
    traces: TraceCollector,
    file: Arc<Mutex<ChromeFile>>,
}

struct ChromeFile {
    events: Events,
    output: Output,
    /// How many spans of a trace arrived too late or were above the limit.
    missed: HashMap<TraceId, usize>,
    has_begun: bool,
    has_ended: bool,
}

/// Most traces for which the number of missed spans is kept. Above it, a late span of an old
/// trace may count twice.
const MAX_MISSED: usize = 10_000;

const LIMITS: Limits = Limits {
    buffer_bytes: 64 << 10,
    max_waiting_bytes: 16 << 20,
};

impl ChromeTraceCollector {
    /// Writes to a file, which is created, or emptied if it exists.
    ///
    /// # Errors
    ///
    /// If the file cannot be created.
    pub fn to_file(path: impl AsRef<Path>) -> Result<Self, CreateFileError> {
        let path = path.as_ref();
        let file = File::create(path).map_err(|source| CreateFileError::new(path, source))?;
        Ok(Self::to_writer(file))
    }

    /// Writes to `writer`, which does not need a buffer.
    #[must_use]
    pub fn to_writer(writer: impl Write + Send + 'static) -> Self {
        Self::with_options(writer, TraceCollectorOptions::default())
    }

    /// Writes to `writer`, and waits for spans according to the options.
    ///
    /// If several services send their spans to this collector, set
    /// [`tracers`](TraceCollectorOptions::tracers) to their number.
    #[must_use]
    pub fn with_options(
        writer: impl Write + Send + 'static,
        options: TraceCollectorOptions,
    ) -> Self {
        let file = Arc::new(Mutex::new(ChromeFile {
            events: Events::default(),
            output: Output::new(Box::new(writer), LIMITS),
            missed: HashMap::new(),
            has_begun: false,
            has_ended: false,
        }));
        let written = Arc::clone(&file);
        let traces = TraceCollector::with_hook(options, move |completed| {
            lock(&written).take(completed);
        });
        Self { traces, file }
    }

    /// Returns what has happened to the spans of complete traces so far.
    #[must_use]
    pub fn stats(&self) -> JsonStats {
        lock(&self.file).output.stats()
    }
}

impl Collector for ChromeTraceCollector {
    fn collect(&self, batch: &SpanBatch<'_>) {
        self.traces.collect(batch);
    }

    fn on_idle(&self) -> Option<Duration> {
        let traces = self.traces.on_idle();
        let file = lock(&self.file).output.write_late();
        [traces, file].into_iter().flatten().min()
    }

    /// Writes the traces that are complete.
    ///
    /// # Errors
    ///
    /// If the writer failed, so that spans wait, or if spans were lost since the last call.
    fn flush(&self, timeout: Duration) -> Result<(), CollectorError> {
        let traces = self.traces.flush(timeout);
        lock(&self.file).output.flush_or_error().and(traces)
    }

    /// Writes all traces and the end of the file.
    ///
    /// # Errors
    ///
    /// As for [`flush`](Self::flush).
    fn shutdown(&self, timeout: Duration) -> Result<(), CollectorError> {
        let traces = self.traces.shutdown(timeout);
        let mut file = lock(&self.file);
        file.end();
        file.output.flush_or_error().and(traces)
    }
}

impl ChromeFile {
    /// Writes a trace. If the file already has the trace, its late spans are lost.
    fn take(&mut self, completed: &CompletedTrace) {
        let trace = &completed.trace;
        let missed = completed.late_spans + completed.dropped_spans;
        let missed_before = if completed.told_before {
            self.missed.remove(&trace.trace_id).unwrap_or_default()
        } else {
            self.write(trace);
            0
        };
        // Both counts only grow from call to call, unless the collector has discarded the
        // trace.
        let lost = missed.checked_sub(missed_before).unwrap_or(missed);
        self.output.lose(u64::try_from(lost).unwrap_or(u64::MAX));
        if missed > 0 {
            if self.missed.len() >= MAX_MISSED {
                self.missed.clear();
            }
            self.missed.insert(trace.trace_id, missed);
        }
    }

    fn write(&mut self, trace: &Trace) {
        let spans = u64::try_from(trace.len()).unwrap_or(u64::MAX);
        let begin: &[u8] = if self.has_begun { &[] } else { events::BEGIN };
        self.has_begun = true;
        let events = &mut self.events;
        self.output.push(spans, |json| {
            json.extend_from_slice(begin);
            events.write(trace, json);
            Ok::<(), Infallible>(())
        });
    }

    /// Writes the end of the file, once.
    fn end(&mut self) {
        if std::mem::replace(&mut self.has_ended, true) {
            return;
        }
        let begin: &[u8] = if self.has_begun { &[] } else { events::BEGIN };
        self.output.push(0, |json| {
            json.extend_from_slice(begin);
            json.extend_from_slice(events::END);
            Ok::<(), Infallible>(())
        });
    }
}

impl Drop for ChromeTraceCollector {
    fn drop(&mut self) {
        self.traces.finish();
        let mut file = lock(&self.file);
        file.end();
        file.output.flush();
    }
}

impl fmt::Debug for ChromeTraceCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChromeTraceCollector")
            .field("traces", &self.traces)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

fn lock(file: &Mutex<ChromeFile>) -> MutexGuard<'_, ChromeFile> {
    // If the writer panicked, no byte of that call counts as written, so the state behind the
    // lock is consistent.
    file.lock().unwrap_or_else(PoisonError::into_inner)
}
