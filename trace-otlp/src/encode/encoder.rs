//! Turns batches into parts of bounded size.

use std::sync::Arc;

use trace_core::{SpanBatch, SpanView};

use super::format::Format;
use super::group::Request;
use super::head::{Head, Heads};
#[cfg(feature = "json")]
use super::json;
use super::part::Part;
use super::protobuf;
use super::trim::trimmed;
use crate::facts::Said;

/// How large the parts of an [`Encoder`] become.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PartLimits {
    /// Most spans of a part.
    pub(crate) max_part_spans: usize,
    /// Most bytes of a part, as [`Part::bytes`] counts them. A part of one span may have
    /// more, if `max_span_bytes` allows it.
    pub(crate) max_part_bytes: usize,
    /// Most bytes of a span. A larger one is trimmed and marked.
    pub(crate) max_span_bytes: usize,
}

impl PartLimits {
    pub(crate) const NONE: Self = Self {
        max_part_spans: usize::MAX,
        max_part_bytes: usize::MAX,
        max_span_bytes: usize::MAX,
    };
}

/// Encodes batches. Keeps between them what many spans share.
pub(crate) struct Encoder {
    format: Format,
    limits: PartLimits,
    heads: Heads,
    sites: protobuf::Sites,
    /// Bytes of a span in the last batch, on average; to allocate once.
    span_bytes: usize,
}

/// Bytes of a typical span, before the first is known.
const TYPICAL_SPAN_BYTES: usize = 256;

/// Most bytes that are allocated before they are needed.
const MAX_RESERVED_BYTES: usize = 4 << 20;

impl Encoder {
    pub(crate) fn new(format: Format, limits: PartLimits) -> Self {
        Self {
            format,
            limits,
            heads: Heads::new(format),
            sites: protobuf::Sites::default(),
            span_bytes: TYPICAL_SPAN_BYTES,
        }
    }

    /// Encodes a batch. The parts have all of its spans and reports.
    pub(crate) fn parts(&mut self, batch: &SpanBatch<'_>) -> Vec<Part> {
        let request = Request::new(batch);
        let mut parts = Vec::new();
        for service in &request.services {
            for scope in &service.scopes {
                let head = self.heads.head(&request, service.name, scope.id);
                let mut part = self.part(&head, scope.spans.len());
                for (index, span) in scope.spans.iter().enumerate() {
                    let said = request.said(span);
                    self.push(&mut part, &span.view, scope.id.is_tagged(), said);
                    if self.is_full(&part)
                        && let Some(last) = self.split_last(&mut part, scope.spans.len() - index)
                    {
                        self.finish(&mut parts, std::mem::replace(&mut part, last));
                    }
                }
                self.finish(&mut parts, part);
            }
        }
        if !request.unplaced.is_empty() {
            parts.push(Part::new(self.heads.of_reports(&request), 0, 0));
        }
        parts
    }

    fn push(
        &mut self,
        part: &mut Part,
        span: &SpanView<'_>,
        scope_is_tagged: bool,
        said: Said<'_>,
    ) {
        let before = part.spans.len();
        let (format, sites) = (self.format, &mut self.sites);
        let mut write = |out: &mut Vec<u8>, span: &SpanView<'_>, said: Said<'_>| match format {
            Format::Protobuf => protobuf::span(out, span, scope_is_tagged, said, sites),
            #[cfg(feature = "json")]
            Format::Json => json::span(out, span, scope_is_tagged, said),
        };
        write(&mut part.spans, span, said);
        let max_bytes = self.limits.max_span_bytes;
        if part.spans.len() - before > max_bytes {
            part.spans.truncate(before);
            let trimmed = trimmed(span, max_bytes, |out, span| {
                let is_trimmed = true;
                write(out, span, Said { is_trimmed, ..said });
            });
            part.spans.extend_from_slice(&trimmed);
        }
        part.end_span();
    }

    /// Returns whether the last span is one too many.
    fn is_full(&self, part: &Part) -> bool {
        let spans = usize::try_from(part.spans()).unwrap_or(usize::MAX);
        if spans > self.limits.max_part_spans {
            return true;
        }
        // The exact size is computed only near the limit.
        part.most_bytes() > self.limits.max_part_bytes && part.bytes() > self.limits.max_part_bytes
    }

    fn part(&self, head: &Arc<Head>, spans: usize) -> Part {
        Part::new(Arc::clone(head), spans, self.reserved_bytes(spans))
    }

    fn split_last(&self, part: &mut Part, spans: usize) -> Option<Part> {
        part.split_last(spans, self.reserved_bytes(spans))
    }

    fn reserved_bytes(&self, spans: usize) -> usize {
        let most = MAX_RESERVED_BYTES.min(self.limits.max_part_bytes);
        let expected = spans.saturating_mul(self.span_bytes + self.span_bytes / 8);
        expected.min(most)
    }

    fn finish(&mut self, parts: &mut Vec<Part>, mut part: Part) {
        if let Some(bytes) = part.spans.len().checked_div(part.spans() as usize) {
            self.span_bytes = bytes.max(1);
        }
        part.fit();
        parts.push(part);
    }
}
