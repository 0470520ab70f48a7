//! Turns batches into parts of bounded size.

use std::sync::Arc;

#[cfg(any(feature = "grpc", feature = "http"))]
use trace_core::Resource;
use trace_core::{Log, SpanBatch, SpanView};

use super::format::Format;
#[cfg(any(feature = "grpc", feature = "http"))]
use super::group::ScopeId;
use super::group::{Request, Scope};
use super::head::{Head, Heads};
#[cfg(feature = "json")]
use super::json;
use super::log_placement::LogPlacement;
use super::log_record::LogRecord;
#[cfg(any(feature = "grpc", feature = "http"))]
use super::metric::Snapshot;
use super::part::Part;
use super::protobuf;
use super::signal::Signal;
use super::trim::{trimmed, trimmed_log};
use crate::facts::Said;

/// How large the parts of an [`Encoder`] become.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PartLimits {
    /// Most items of a part: spans, or log records.
    pub(crate) max_part_spans: usize,
    /// Most bytes of a part, as [`Part::bytes`] counts them. A part of one item may have
    /// more, if `max_span_bytes` allows it.
    pub(crate) max_part_bytes: usize,
    /// Most bytes of a span or a log record. A larger one is trimmed and marked.
    pub(crate) max_span_bytes: usize,
}

impl PartLimits {
    pub(crate) const NONE: Self = Self {
        max_part_spans: usize::MAX,
        max_part_bytes: usize::MAX,
        max_span_bytes: usize::MAX,
    };
}

/// Encodes batches. Between batches, it keeps data that many spans share.
pub(crate) struct Encoder {
    format: Format,
    limits: PartLimits,
    logs: LogPlacement,
    heads: Heads,
    spans: protobuf::SpanWriter,
    /// Bytes of a span in the last batch, on average; to allocate once.
    span_bytes: usize,
    /// Memory for the next part.
    memory: Vec<u8>,
}

/// Bytes of a typical span, before the first is known.
const TYPICAL_SPAN_BYTES: usize = 256;

/// Most bytes that are allocated before they are needed.
const MAX_RESERVED_BYTES: usize = 4 << 20;

impl Encoder {
    pub(crate) fn new(format: Format, limits: PartLimits, logs: LogPlacement) -> Self {
        Self {
            format,
            limits,
            logs,
            heads: Heads::new(format),
            spans: protobuf::SpanWriter::default(),
            span_bytes: TYPICAL_SPAN_BYTES,
            memory: Vec::new(),
        }
    }

    /// Encodes a batch. The parts have all of its spans, logs and reports.
    pub(crate) fn parts(&mut self, batch: &SpanBatch<'_>) -> Vec<Part> {
        let request = Request::new(batch);
        let mut parts = Vec::new();
        for service in &request.services {
            for scope in &service.scopes {
                let ends = request.reports_ends;
                let head = self
                    .heads
                    .head(request.resource, service.name, scope.id, ends);
                let mut left = scope.len();
                let mut part = self.part(&head, left);
                request.spans(scope).for_each(|(view, said)| {
                    self.push(&mut part, &view, scope.id.is_tagged(), said);
                    if self.is_full(&part)
                        && let Some(last) = self.split_last(&mut part, left)
                    {
                        self.finish(&mut parts, std::mem::replace(&mut part, last));
                    }
                    left = left.saturating_sub(1);
                });
                self.finish(&mut parts, part);
                if self.logs.has_records() {
                    let head = self
                        .heads
                        .head(request.resource, service.name, scope.id, false);
                    self.log_parts(&mut parts, &head, scope);
                }
            }
        }
        if !request.unplaced.is_empty() {
            let head = self.heads.of_reports(&request);
            parts.push(Part::new(Signal::Traces, head, 0, 0));
        }
        parts
    }

    /// Encodes metrics as one part, whose items are data points. All points of a metric have
    /// the same end.
    #[cfg(any(feature = "grpc", feature = "http"))]
    pub(crate) fn metrics(&mut self, resource: &Resource, snapshot: &Snapshot) -> Part {
        let service = &resource.service_name;
        let head = self.heads.head(resource, service, ScopeId::OWN, false);
        let mut part = Part::new(Signal::Metrics, head, 0, 0);
        for metric in &snapshot.metrics {
            let items = &mut part.items;
            match self.format {
                Format::Protobuf => protobuf::metric(items, metric, snapshot.time),
                #[cfg(feature = "json")]
                Format::Json => json::metric(items, metric, snapshot.time),
            }
            metric.points.iter().for_each(|_| part.end_item());
        }
        part
    }

    fn push(
        &mut self,
        part: &mut Part,
        span: &SpanView<'_>,
        scope_is_tagged: bool,
        said: Said<'_>,
    ) {
        let before = part.items.len();
        let (format, logs, spans) = (self.format, self.logs, &mut self.spans);
        let mut write = |out: &mut Vec<u8>, span: &SpanView<'_>, said: Said<'_>| match format {
            Format::Protobuf => spans.write(out, span, scope_is_tagged, said, logs),
            #[cfg(feature = "json")]
            Format::Json => json::span(out, span, scope_is_tagged, said, logs),
        };
        write(&mut part.items, span, said);
        let max_bytes = self.limits.max_span_bytes;
        if part.items.len() - before > max_bytes {
            part.items.truncate(before);
            let trimmed = trimmed(span, max_bytes, |out, span| {
                let is_trimmed = true;
                write(out, span, Said { is_trimmed, ..said });
            });
            part.items.extend_from_slice(&trimmed);
        }
        part.end_item();
    }

    /// Encodes the logs of a scope that are sent as records.
    fn log_parts(&self, parts: &mut Vec<Part>, head: &Arc<Head>, scope: &Scope<'_>) {
        let mut part = Part::new(Signal::Logs, Arc::clone(head), 0, 0);
        for view in scope.views() {
            for log in view.logs().filter(|log| self.logs.is_record(log)) {
                self.push_log(&mut part, &view, &log);
                if self.is_full(&part)
                    && let Some(last) = part.split_last(0, 0)
                {
                    parts.push(std::mem::replace(&mut part, last));
                }
            }
        }
        if part.items() > 0 {
            parts.push(part);
        }
    }

    fn push_log(&self, part: &mut Part, span: &SpanView<'_>, log: &Log) {
        let before = part.items.len();
        let write = |out: &mut Vec<u8>, record: &LogRecord<'_>| match self.format {
            Format::Protobuf => protobuf::log_record(out, record),
            #[cfg(feature = "json")]
            Format::Json => json::log_record(out, record),
        };
        write(&mut part.items, &LogRecord::new(span, log));
        let max_bytes = self.limits.max_span_bytes;
        if part.items.len() - before > max_bytes {
            part.items.truncate(before);
            let trimmed = trimmed_log(span, log, max_bytes, |out, log, dropped_fields| {
                let is_trimmed = true;
                let record = LogRecord::new(span, log);
                write(
                    out,
                    &LogRecord {
                        dropped_fields,
                        is_trimmed,
                        ..record
                    },
                );
            });
            part.items.extend_from_slice(&trimmed);
        }
        part.end_item();
    }

    /// Returns whether the last item is one too many.
    fn is_full(&self, part: &Part) -> bool {
        let items = usize::try_from(part.items()).unwrap_or(usize::MAX);
        if items > self.limits.max_part_spans {
            return true;
        }
        // The exact size is computed only near the limit.
        part.most_bytes() > self.limits.max_part_bytes && part.bytes() > self.limits.max_part_bytes
    }

    /// Takes memory for the next part: new pages cost more than what is written to them.
    #[cfg(any(feature = "grpc", feature = "http"))]
    pub(crate) fn reuse(&mut self, memory: Vec<u8>) {
        self.memory = memory;
    }

    fn part(&mut self, head: &Arc<Head>, spans: usize) -> Part {
        let (signal, head) = (Signal::Traces, Arc::clone(head));
        let memory = std::mem::take(&mut self.memory);
        if memory.capacity() >= spans.saturating_mul(self.span_bytes) {
            return Part::with_memory(signal, head, spans, memory);
        }
        Part::new(signal, head, spans, self.reserved_bytes(spans))
    }

    fn split_last(&self, part: &mut Part, spans: usize) -> Option<Part> {
        part.split_last(spans, self.reserved_bytes(spans))
    }

    fn reserved_bytes(&self, spans: usize) -> usize {
        let most = MAX_RESERVED_BYTES.min(self.limits.max_part_bytes);
        let expected = spans.saturating_mul(self.span_bytes + self.span_bytes / 8);
        expected.min(most)
    }

    fn finish(&mut self, parts: &mut Vec<Part>, part: Part) {
        if let Some(bytes) = part.items.len().checked_div(part.items() as usize) {
            self.span_bytes = bytes.max(1);
        }
        parts.push(part);
    }
}
