//! The collector that writes OTLP/JSON lines, and its statistics.
//!
//! Decides when lines are written, and how a failed write is reported. `encode` writes the
//! JSON, and `output.rs` handles partial writes.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use trace_core::{Collector, CollectorError, SpanBatch};

use super::create_file_error::CreateFileError;
use super::open_at_line::open_at_line;
use super::output::{JsonStats, Limits, Output};
use super::rotating_file::{RotatingFile, Rotation};
use crate::encode::Request;

/// Writes finished spans as OTLP/JSON: each batch is one `ExportTraceServiceRequest` on its
/// own line.
///
/// Lines are buffered until half a second has passed or [`JsonOptions::buffer_bytes`] are
/// exceeded. [`flush`](Collector::flush), `shutdown` and dropping the collector write them
/// out. If the writer fails, the remaining bytes are tried again with later batches, up to
/// [`JsonOptions::max_waiting_bytes`]. Whole lines beyond that are lost, and their spans are
/// counted. [`decode`](crate::decode) reads such a file back, and so does the *OTLP JSON file
/// receiver* of an OpenTelemetry Collector.
///
/// In the child of a `fork`, do not use or drop the collector. Only its tracer may do so.
/// Otherwise, the lines in the parent's buffer would be written twice.
///
/// Source: OTLP specification, *JSON Protobuf Encoding*, and *OpenTelemetry
/// Protocol File Exporter*.
///
/// ```
/// use trace_core::{Collector, Resource, SpanBatch, SpanId, SpanRecord, TraceId};
/// use trace_otlp::JsonCollector;
///
/// let collector = JsonCollector::to_writer(std::io::sink());
/// let span = SpanRecord::new(TraceId::new(1).unwrap(), SpanId::new(2).unwrap(), "charge");
/// collector.collect(&SpanBatch::from_records(&Resource::new("shop"), &[span]));
/// collector.shutdown(std::time::Duration::from_secs(1))?;
/// assert_eq!(collector.stats().spans_written, 1);
/// # Ok::<(), trace_core::CollectorError>(())
/// ```
pub struct JsonCollector {
    options: JsonOptions,
    output: Mutex<Output>,
}

/// How a [`JsonCollector`] writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonOptions {
    /// Whether each request is written over several indented lines that people can read,
    /// instead of in one line. Default: false.
    pub pretty: bool,
    /// Bytes that may wait before the writer is called. It is called after half a second in
    /// any case. Default: 64 KiB.
    pub buffer_bytes: usize,
    /// Bytes that may wait while the writer fails; a batch that does not fit is
    /// lost. Default: 16 MiB.
    pub max_waiting_bytes: usize,
}

impl Default for JsonOptions {
    fn default() -> Self {
        Self {
            pretty: false,
            buffer_bytes: 64 << 10,
            max_waiting_bytes: 16 << 20,
        }
    }
}

impl JsonOptions {
    const fn limits(self) -> Limits {
        Limits {
            buffer_bytes: self.buffer_bytes,
            max_waiting_bytes: self.max_waiting_bytes,
        }
    }
}

impl JsonCollector {
    /// Writes to a file, which is created, or emptied if it exists.
    ///
    /// # Errors
    ///
    /// If the file cannot be created.
    pub fn to_file(path: impl AsRef<Path>) -> Result<Self, CreateFileError> {
        Self::to_opened(path.as_ref(), |path| File::create(path))
    }

    /// Writes to the end of a file, which is created if it does not exist.
    ///
    /// If the last line was cut off, for example because a process was killed, a new line
    /// begins after it, so only the cut line is lost.
    ///
    /// # Errors
    ///
    /// If the file cannot be created, or cannot be opened for writing and reading.
    pub fn append_to_file(path: impl AsRef<Path>) -> Result<Self, CreateFileError> {
        Self::to_opened(path.as_ref(), open_at_line)
    }

    /// Writes to the end of a file that is [renamed](RotatingFile) when it is large or old.
    /// Only the newest copies are kept.
    ///
    /// ```no_run
    /// use trace_otlp::{JsonCollector, Rotation};
    ///
    /// let rotation = Rotation { max_bytes: 50 << 20, ..Rotation::default() };
    /// let collector = JsonCollector::to_rotating_file("traces/spans.jsonl", rotation)?;
    /// # Ok::<(), trace_otlp::CreateFileError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file cannot be created, or its folder cannot be read.
    pub fn to_rotating_file(
        path: impl AsRef<Path>,
        rotation: Rotation,
    ) -> Result<Self, CreateFileError> {
        RotatingFile::open(path, rotation).map(Self::to_writer)
    }

    fn to_opened(
        path: &Path,
        open: impl FnOnce(&Path) -> io::Result<File>,
    ) -> Result<Self, CreateFileError> {
        open(path)
            .map(Self::to_writer)
            .map_err(|source| CreateFileError::new(path, source))
    }

    /// Writes to the standard output.
    #[must_use]
    pub fn stdout() -> Self {
        Self::to_writer(io::stdout())
    }

    /// Writes to `writer`, which does not need a buffer.
    pub fn to_writer(writer: impl Write + Send + 'static) -> Self {
        let options = JsonOptions::default();
        Self {
            options,
            output: Mutex::new(Output::new(Box::new(writer), options.limits())),
        }
    }

    /// Sets how to write.
    #[must_use]
    pub fn with_options(mut self, options: JsonOptions) -> Self {
        self.options = options;
        self.output().set_limits(options.limits());
        self
    }

    /// Returns what has happened to the spans so far.
    #[must_use]
    pub fn stats(&self) -> JsonStats {
        self.output().stats()
    }

    fn output(&self) -> MutexGuard<'_, Output> {
        // If the writer panicked, no byte of that call counts as written, so the state behind
        // the lock is consistent.
        self.output.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Collector for JsonCollector {
    fn collect(&self, batch: &SpanBatch<'_>) {
        let spans = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        let request = Request::new(batch);
        if request.is_empty() {
            return;
        }
        let pretty = self.options.pretty;
        self.output().push(spans, |buffer| {
            if pretty {
                serde_json::to_writer_pretty(&mut *buffer, &request)?;
            } else {
                serde_json::to_writer(&mut *buffer, &request)?;
            }
            buffer.push(b'\n');
            Ok::<(), serde_json::Error>(())
        });
    }

    /// Writes lines that have waited since the last call. If lines still wait, asks for
    /// another call after half a second.
    fn on_idle(&self) -> Option<Duration> {
        self.output().write_late()
    }

    /// Writes all lines that wait and flushes the writer.
    ///
    /// Ignores `timeout`, because calls of the writer cannot be interrupted.
    ///
    /// # Errors
    ///
    /// If the writer failed, so that spans wait, or if spans were lost since the last call.
    /// The next call tries again to write the waiting spans.
    fn flush(&self, _timeout: Duration) -> Result<(), CollectorError> {
        self.output().flush_or_error()
    }
}

impl Drop for JsonCollector {
    fn drop(&mut self) {
        self.output().flush();
    }
}

impl fmt::Debug for JsonCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonCollector")
            .field("options", &self.options)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
