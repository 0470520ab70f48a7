//! Finished spans, still in the chunks in which they were written.

use super::index::{Entries, Index, NO_PIECE, OpenSpan, Piece, Span};
use crate::clock::Converter;
use crate::id::TraceId;
use crate::span_record::SpanRecord;
use crate::stream::Chunk;

/// The spans of some chunks. Reused from batch to batch.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    converter: Converter,
    chunks: Vec<Chunk>,
    /// Finished spans whose entries are all in one chunk.
    index: Index,
    /// Finished spans that were spread over several.
    records: Vec<SpanRecord>,
    completed: Vec<TraceId>,
}

impl Decoded {
    /// Begins a batch whose times `converter` understands.
    pub(crate) fn begin(&mut self, converter: Converter) {
        self.converter = converter;
    }

    /// Ends a batch; gives the chunks back.
    pub(crate) fn end(&mut self) -> &mut Vec<Chunk> {
        self.index.clear();
        self.records.clear();
        self.completed.clear();
        &mut self.chunks
    }

    pub(crate) fn len(&self) -> usize {
        self.spans().len() + self.records.len()
    }

    pub(crate) fn spans(&self) -> &[Span] {
        self.index.spans()
    }

    pub(crate) fn records(&self) -> &[SpanRecord] {
        &self.records
    }

    pub(crate) fn completed(&self) -> &[TraceId] {
        &self.completed
    }

    pub(crate) fn converter(&self) -> Converter {
        self.converter
    }

    /// Adds a chunk; returns its number.
    pub(crate) fn push_chunk(&mut self, chunk: Chunk) -> u32 {
        self.chunks.push(chunk);
        u32::try_from(self.chunks.len() - 1).unwrap_or(u32::MAX)
    }

    /// A chunk, and where the spans of all are.
    pub(crate) fn chunk_and_index(&mut self, number: u32) -> Option<(&Chunk, &mut Index)> {
        let chunk = self.chunks.get(number as usize)?;
        Some((chunk, &mut self.index))
    }

    /// Takes a span out that does not end here.
    pub(crate) fn take(&mut self, open: &OpenSpan, others: &mut [OpenSpan]) -> Option<Span> {
        self.index.take(open, others)
    }

    pub(crate) fn push_record(&mut self, record: SpanRecord) {
        self.records.push(record);
    }

    pub(crate) fn push_completed(&mut self, trace: TraceId) {
        self.completed.push(trace);
    }

    pub(crate) fn piece(&self, span: &Span) -> &Piece {
        self.index.piece(span.piece).unwrap_or(&NO_PIECE)
    }

    pub(crate) fn entries(&self, span: &Span) -> Entries<'_> {
        let chunk = self.chunks.get(self.piece(span).chunk as usize);
        self.index.entries(span, chunk)
    }
}
