//! Finished spans, still in the chunks in which they were written.

use super::part::{Part, PartReport};
use super::piece::{NO_PIECE, Piece};
use super::span_index::{Entries, IndexedSpan, SpanIndex, UnendedSpan};
use crate::process::clock::Converter;
use crate::stream::{Chunk, Site, SiteTable};
use crate::value::{Limits, Timestamp};

/// The spans of some chunks. Reused from batch to batch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decoded {
    converter: Converter,
    chunks: Vec<Chunk>,
    chunk_bytes: usize,
    /// What was said of spans in several pieces, put together. It is none of the queue's
    /// chunks.
    joined: Chunk,
    index: SpanIndex,
    reports: Vec<PartReport>,
}

/// The number of the chunk that is none of the queue's.
const JOINED: u32 = u32::MAX - 1;

impl Decoded {
    /// Begins a batch whose times `converter` understands.
    pub(crate) fn begin(&mut self, converter: Converter) {
        self.converter = converter;
    }

    /// Ends a batch; gives the chunks back.
    pub(crate) fn end(&mut self) -> &mut Vec<Chunk> {
        self.index.clear();
        self.joined.clear();
        self.reports.clear();
        self.chunk_bytes = 0;
        &mut self.chunks
    }

    /// Bytes that are allocated, in use or not.
    pub(crate) fn allocated(&self) -> usize {
        self.chunk_bytes()
            + self.joined.allocated()
            + self.index.allocated()
            + self.reports.capacity() * size_of::<PartReport>()
    }

    /// The same of the queue's chunks alone.
    pub(crate) fn chunk_bytes(&self) -> usize {
        self.chunk_bytes
    }

    /// Bytes that the spans' entries have allocated.
    pub(crate) fn entry_bytes(&self) -> usize {
        self.chunk_bytes + self.joined.allocated()
    }

    /// The same batch in buffers of its size, if it is small and its buffers are large;
    /// leaves the chunks to be given back.
    pub(crate) fn take_small(&mut self) -> Option<Self> {
        const SMALL: usize = 256;
        if self.len() == 0 {
            // Of reports alone, no chunk is needed.
            return Some(Self {
                converter: self.converter.clone(),
                reports: self.reports.clone(),
                ..Self::default()
            });
        }
        let used: usize = self.chunks.iter().map(Chunk::bytes).sum();
        let is_small = self.len() <= SMALL && 4 * used < self.chunk_bytes;
        is_small.then(|| {
            let copy = self.clone();
            Self {
                chunk_bytes: copy.chunks.iter().map(Chunk::allocated).sum(),
                ..copy
            }
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.spans().len()
    }

    pub(crate) fn spans(&self) -> &[IndexedSpan] {
        self.index.spans()
    }

    /// The site of each span.
    pub(crate) fn sites(&self) -> impl Iterator<Item = &'static Site> {
        self.spans().iter().map(|span| span.site)
    }

    /// What is said of parts of traces, besides their spans.
    pub(crate) fn reports(&self) -> &[PartReport] {
        &self.reports
    }

    /// Takes these out, to put others in.
    pub(crate) fn take_reports(&mut self) -> Vec<PartReport> {
        std::mem::take(&mut self.reports)
    }

    /// The parts of which the spans are.
    pub(crate) fn parts_of_spans(&self) -> impl Iterator<Item = Part> {
        self.spans().iter().map(|span| self.piece(span).part())
    }

    pub(crate) fn converter(&self) -> &Converter {
        &self.converter
    }

    /// Adds a chunk; returns its number.
    pub(crate) fn push_chunk(&mut self, chunk: Chunk) -> u32 {
        self.chunk_bytes += chunk.allocated();
        self.chunks.push(chunk);
        u32::try_from(self.chunks.len() - 1).unwrap_or(u32::MAX)
    }

    /// A chunk, and where the spans of all are.
    pub(crate) fn chunk_and_index(&mut self, number: u32) -> Option<(&Chunk, &mut SpanIndex)> {
        let chunk = self.chunks.get(number as usize)?;
        Some((chunk, &mut self.index))
    }

    pub(super) fn chunk(&self, number: u32) -> Option<&Chunk> {
        self.chunks.get(number as usize)
    }

    pub(super) fn span(&self, open: &UnendedSpan) -> Option<&IndexedSpan> {
        self.index.span(open)
    }

    pub(super) fn piece_at(&self, index: u32) -> Option<&Piece> {
        self.index.piece(index)
    }

    /// When the first span was opened of the piece that was read last.
    pub(super) fn first_start(&self, piece: u32) -> Option<Timestamp> {
        let spans = self.spans().iter().rev();
        let spans = spans.take_while(|span| span.piece == piece);
        let first = spans.map(|span| span.start).min()?;
        Some(self.piece_at(piece)?.times.timestamp(first))
    }

    /// Takes a span out that does not end here.
    pub(crate) fn remove(&mut self, open: &UnendedSpan, others: &mut [UnendedSpan]) {
        self.index.remove(open, others);
    }

    /// Begins a piece; returns its index.
    pub(super) fn push_piece(&mut self, piece: Piece) -> u32 {
        self.index.push_piece(piece)
    }

    /// Adds a span that was spread over several pieces: `write` writes all its entries.
    pub(super) fn push_joined(
        &mut self,
        piece: Piece,
        write: impl FnOnce(&mut Chunk),
        sites: &mut SiteTable,
        limits: &Limits,
    ) {
        let start = self.joined.end();
        write(&mut self.joined);
        let piece = self.index.push_piece(Piece {
            chunk: JOINED,
            is_joined: true,
            ..piece
        });
        let _ended = self
            .index
            .read(None, piece, &self.joined, start, sites, limits);
    }

    /// Writes what holds of a span that is open.
    pub(super) fn rewrite(&self, open: &UnendedSpan, to: &mut Chunk) {
        if let Some(span) = self.index.span(open)
            && let Some(chunk) = self.chunk_of(span)
        {
            self.index.rewrite_opening(open, to);
            self.index.rewrite(open, chunk, to);
        }
    }

    pub(crate) fn report(&mut self, report: PartReport) {
        self.reports.push(report);
    }

    pub(crate) fn piece(&self, span: &IndexedSpan) -> &Piece {
        self.index.piece(span.piece).unwrap_or(&NO_PIECE)
    }

    pub(crate) fn entries(&self, span: &IndexedSpan) -> Entries<'_> {
        self.index.entries(span, self.chunk_of(span))
    }

    fn chunk_of(&self, span: &IndexedSpan) -> Option<&Chunk> {
        match self.piece(span).chunk {
            JOINED => Some(&self.joined),
            number => self.chunks.get(number as usize),
        }
    }
}
