//! A writer behind a buffer that keeps lines whole.
//!
//! Bytes that the writer does not accept stay in the buffer and are written again. So a partly
//! written line is completed when the writer works again, and a reader never sees half a line
//! in the middle of a file.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::time::Duration;

use trace_core::CollectorError;

pub(super) struct Output {
    writer: Box<dyn Write + Send>,
    limits: Limits,
    /// Lines. The writer has already accepted the first `taken` bytes.
    buffer: Vec<u8>,
    taken: usize,
    /// The lines in the rest of `buffer`. The beginning of the first line may already be
    /// written.
    lines: VecDeque<Line>,
    stats: JsonStats,
    /// Lost spans that `flush` has not reported yet.
    unreported_lost_spans: u64,
    /// The last error of the writer, until it is reported.
    error: Option<io::Error>,
    /// Whether a line was waiting at the last `write_late`.
    waits_long: bool,
}

/// What happened to the spans of a [`JsonCollector`](crate::JsonCollector).
///
/// Written, waiting and lost spans add up to all collected spans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct JsonStats {
    /// Spans in lines that are completely written.
    pub spans_written: u64,
    /// Spans that are in the buffer.
    pub spans_waiting: u64,
    /// Spans that will not be written.
    pub spans_lost: u64,
    /// How often the writer failed; at most once for each batch and flush.
    pub write_errors: u64,
}

#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) buffer_bytes: usize,
    pub(super) max_waiting_bytes: usize,
}

struct Line {
    bytes_left: usize,
    spans: u64,
}

/// Most bytes of memory that an empty buffer keeps.
const KEPT_BYTES: usize = 1 << 20;

/// Longest time for which a line waits for more lines, so that readers of the file see it
/// soon.
const WRITE_DELAY: Duration = Duration::from_millis(500);

impl Output {
    pub(super) fn new(writer: Box<dyn Write + Send>, limits: Limits) -> Self {
        Self {
            writer,
            limits,
            buffer: Vec::new(),
            taken: 0,
            lines: VecDeque::new(),
            stats: JsonStats::default(),
            unreported_lost_spans: 0,
            error: None,
            waits_long: false,
        }
    }

    pub(super) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    pub(super) fn stats(&self) -> JsonStats {
        let spans_waiting = self.lines.iter().map(|line| line.spans).sum();
        JsonStats {
            spans_waiting,
            ..self.stats
        }
    }

    /// Appends the line that `fill` makes, and writes if more than `buffer_bytes` wait.
    ///
    /// The line is lost if `fill` fails, or if the writer fails and more than
    /// `max_waiting_bytes` wait. A partly written line is kept: without its rest, the next
    /// line would be damaged too.
    pub(super) fn push<E>(&mut self, spans: u64, fill: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        let before = self.buffer.len();
        if fill(&mut self.buffer).is_err() {
            self.buffer.truncate(before);
            self.lose(spans);
            return;
        }
        let bytes = self.buffer.len() - before;
        self.lines.push_back(Line {
            bytes_left: bytes,
            spans,
        });
        if self.waiting_bytes() <= self.limits.buffer_bytes || self.write() {
            return;
        }
        let is_begun = self.waiting_bytes() < bytes;
        if self.waiting_bytes() > self.limits.max_waiting_bytes && !is_begun {
            self.buffer.truncate(before);
            self.lines.pop_back();
            self.lose(spans);
        }
    }

    /// Writes everything if a line waited at the last call. Returns the time after which to
    /// call again.
    pub(super) fn write_late(&mut self) -> Option<Duration> {
        if self.waiting_bytes() > 0 && self.waits_long {
            self.flush();
        }
        // Lines also wait after a failure. The next call then tries the writer again.
        self.waits_long = self.waiting_bytes() > 0;
        self.waits_long.then_some(WRITE_DELAY)
    }

    /// Writes all waiting lines and flushes the writer. Returns whether this succeeded.
    pub(super) fn flush(&mut self) -> bool {
        self.waits_long = false;
        if !self.write() {
            return false;
        }
        let result = self.writer.flush();
        self.note(result)
    }

    /// Flushes.
    ///
    /// # Errors
    ///
    /// If lines wait because the writer failed, or if spans were lost since the last call.
    pub(super) fn flush_or_error(&mut self) -> Result<(), CollectorError> {
        let is_flushed = self.flush();
        let lost = std::mem::take(&mut self.unreported_lost_spans);
        if is_flushed && lost == 0 {
            return Ok(());
        }
        let waiting = self.stats().spans_waiting;
        let error = CollectorError::new(format!(
            "not all spans are written: {waiting} waiting, {lost} lost"
        ));
        let error = error.with_lost_spans(waiting + lost);
        Err(match self.error.take() {
            Some(source) => error.with_source(source),
            None => error,
        })
    }

    fn waiting_bytes(&self) -> usize {
        self.buffer.len() - self.taken
    }

    /// Counts spans that will not be written.
    pub(super) fn lose(&mut self, spans: u64) {
        self.stats.spans_lost += spans;
        self.unreported_lost_spans += spans;
    }

    /// Writes all waiting bytes, until the writer fails.
    fn write(&mut self) -> bool {
        let result = loop {
            let waiting = self.buffer.get(self.taken..).unwrap_or_default();
            if waiting.is_empty() {
                break Ok(());
            }
            match self.writer.write(waiting) {
                Ok(0) => break Err(ErrorKind::WriteZero.into()),
                // A faulty writer may claim to have written more than it was given.
                Ok(bytes) => self.count_taken(bytes.min(self.waiting_bytes())),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        if self.waiting_bytes() == 0 {
            self.taken = 0;
            self.buffer.clear();
            self.buffer.shrink_to(KEPT_BYTES);
        }
        self.note(result)
    }

    fn count_taken(&mut self, mut bytes: usize) {
        self.taken += bytes;
        while let Some(line) = self.lines.front_mut() {
            let of_line = bytes.min(line.bytes_left);
            line.bytes_left -= of_line;
            bytes -= of_line;
            if line.bytes_left > 0 {
                break;
            }
            self.stats.spans_written += line.spans;
            self.lines.pop_front();
        }
    }

    fn note(&mut self, result: io::Result<()>) -> bool {
        let Err(error) = result else {
            return true;
        };
        self.stats.write_errors += 1;
        self.error = Some(error);
        false
    }
}
