//! A batch of finished spans, which are still in the chunks in which they were written.
//!
//! It owns the chunks until all collectors have handled the batch. The decoder fills it, a
//! [`SpanBatch`](crate::SpanBatch) lends it to collectors, and then the queue takes the
//! chunks back. A filled batch does not change any more, so lanes can share it between
//! threads.

use super::part::{Part, PartReport};
use super::piece::{NO_PIECE, Piece};
use super::replace_texts::ReplaceTexts;
use super::span_index::{Entries, IndexedSpan, SpanIndex, UnendedSpan};
use crate::process::clock::Converter;
use crate::stream::{Chunk, Site, SiteTable};
use crate::value::{Limits, Timestamp};

/// The spans of several chunks, and the reports of their parts. It is reused for the next
/// batch to keep its memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decoded {
    /// Turns raw readings of the clock into times. It uses the anchors that the clock had
    /// when the batch began.
    converter: Converter,
    /// The queue's chunks, by number. They must not change, because cursors of the index
    /// point into them.
    chunks: Vec<Chunk>,
    /// How many bytes the chunks have allocated. It is kept here because the decoder's
    /// caller asks for it after each chunk.
    chunk_bytes: usize,
    /// The joined entries of spans that were spread over several pieces. It is not a chunk
    /// of the queue, and stays with the batch.
    joined: Chunk,
    index: SpanIndex,
    reports: Vec<PartReport>,
}

/// The number of `joined` among the chunks.
const JOINED: u32 = u32::MAX - 1;

impl Decoded {
    /// Begins a batch. `converter` converts its times.
    pub(crate) fn begin(&mut self, converter: Converter) {
        self.converter = converter;
    }

    /// Ends a batch. Returns the chunks, which the caller has to remove before the next
    /// batch begins.
    pub(crate) fn end(&mut self) -> &mut Vec<Chunk> {
        self.index.clear();
        self.joined.clear();
        self.reports.clear();
        self.chunk_bytes = 0;
        &mut self.chunks
    }

    /// Returns how many bytes are allocated, in use or not. The heap memory of arrays,
    /// reports and trace states is not included.
    pub(crate) fn allocated(&self) -> usize {
        self.chunk_bytes()
            + self.joined.allocated()
            + self.index.allocated()
            + self.reports.capacity() * size_of::<PartReport>()
    }

    /// Returns how many bytes the queue's chunks have allocated. They count in the queue's
    /// bound until they are returned to it.
    pub(crate) fn chunk_bytes(&self) -> usize {
        self.chunk_bytes
    }

    /// Returns how many bytes the entries of all spans have allocated. If there are too
    /// many, the worker delivers the batch, even if it has few spans.
    pub(crate) fn entry_bytes(&self) -> usize {
        self.chunk_bytes + self.joined.allocated()
    }

    /// Returns a copy of the batch in smaller buffers, if the batch is small and its
    /// buffers are large. The caller then ends this batch, and returns its chunks at once.
    /// Otherwise a few spans that wait for a slow collector would keep large chunks in
    /// use.
    pub(crate) fn take_small(&mut self) -> Option<Self> {
        const SMALL: usize = 256;
        if self.len() == 0 {
            // Without spans, only the reports are needed, and no chunk.
            return Some(Self {
                converter: self.converter.clone(),
                reports: self.reports.clone(),
                ..Self::default()
            });
        }
        let used: usize = self.chunks.iter().map(Chunk::bytes).sum();
        let is_small = self.len() <= SMALL && 4 * used < self.chunk_bytes;
        is_small.then(|| {
            // A clone allocates only what is in use.
            let copy = self.clone();
            Self {
                chunk_bytes: copy.chunks.iter().map(Chunk::allocated).sum(),
                ..copy
            }
        })
    }

    /// Returns how many spans there are.
    pub(crate) fn len(&self) -> usize {
        self.spans().len()
    }

    /// Returns the index record of each span.
    pub(crate) fn spans(&self) -> &[IndexedSpan] {
        self.index.spans()
    }

    /// Returns the site of each span.
    pub(crate) fn sites(&self) -> impl Iterator<Item = &'static Site> {
        self.spans().iter().map(|span| span.site)
    }

    /// Returns the reports of parts of traces, in the order in which they were added.
    pub(crate) fn reports(&self) -> &[PartReport] {
        &self.reports
    }

    /// Removes and returns the reports, so that the caller can add them again in another
    /// order.
    pub(crate) fn take_reports(&mut self) -> Vec<PartReport> {
        std::mem::take(&mut self.reports)
    }

    /// Returns the part of each span.
    pub(crate) fn parts_of_spans(&self) -> impl Iterator<Item = Part> {
        self.spans().iter().map(|span| self.piece(span).part())
    }

    /// Returns the converter for the times of this batch.
    pub(crate) fn converter(&self) -> &Converter {
        &self.converter
    }

    /// Adds a chunk, which must not change any more. Returns its number.
    pub(crate) fn push_chunk(&mut self, chunk: Chunk) -> u32 {
        self.chunk_bytes += chunk.allocated();
        self.chunks.push(chunk);
        u32::try_from(self.chunks.len() - 1).unwrap_or(u32::MAX)
    }

    /// Returns a chunk to read, and the index to write to. One function returns both,
    /// because the borrow checker does not allow two calls.
    pub(crate) fn chunk_and_index(&mut self, number: u32) -> Option<(&Chunk, &mut SpanIndex)> {
        let chunk = self.chunks.get(number as usize)?;
        Some((chunk, &mut self.index))
    }

    /// Returns a chunk of the queue by its number.
    pub(super) fn chunk(&self, number: u32) -> Option<&Chunk> {
        self.chunks.get(number as usize)
    }

    /// Returns the record of a span that is being read.
    pub(super) fn span(&self, open: &UnendedSpan) -> Option<&IndexedSpan> {
        self.index.span(open)
    }

    /// Returns a piece by its index.
    pub(super) fn piece_at(&self, index: u32) -> Option<&Piece> {
        self.index.piece(index)
    }

    /// Returns the earliest start of a span in a piece. The piece must be the one that was
    /// read last, and its open spans must still be in the index.
    pub(super) fn first_start(&self, piece: u32) -> Option<Timestamp> {
        // The spans of the last piece are the last in the index.
        let spans = self.spans().iter().rev();
        let spans = spans.take_while(|span| span.piece == piece);
        let first = spans.map(|span| span.start).min()?;
        Some(self.piece_at(piece)?.times.timestamp(first))
    }

    /// Removes a span that does not end in the current piece; see [`SpanIndex::remove`].
    pub(crate) fn remove(&mut self, open: &UnendedSpan, others: &mut [UnendedSpan]) {
        self.index.remove(open, others);
    }

    /// Begins a piece. Returns its index.
    pub(super) fn push_piece(&mut self, piece: Piece) -> u32 {
        self.index.push_piece(piece)
    }

    /// Adds a span that was spread over several pieces. `write` writes all its entries,
    /// from the opening to the end. They are then read like those of any other span.
    pub(super) fn push_joined(
        &mut self,
        piece: Piece,
        write: impl FnOnce(&mut Chunk),
        sites: &mut SiteTable,
        limits: &Limits,
    ) {
        let start = self.joined.end();
        write(&mut self.joined);
        // The span needs a piece of its own, which names the chunk `joined`.
        let piece = self.index.push_piece(Piece {
            chunk: JOINED,
            is_joined: true,
            ..piece
        });
        let _ended = self
            .index
            .read(None, piece, &self.joined, start, sites, limits);
    }

    /// Writes the opening of a span that is being read, and those of its entries that
    /// count. The result becomes the head of a spread span.
    pub(super) fn rewrite(&self, open: &UnendedSpan, to: &mut Chunk) {
        if let Some(span) = self.index.span(open)
            && let Some(chunk) = self.chunk_of(span)
        {
            self.index.rewrite_opening(open, to);
            self.index.rewrite(open, chunk, to);
        }
    }

    /// Replaces texts of all spans; see [`SpanIndex::replace_texts`]. All spans must have
    /// ended.
    pub(crate) fn replace_texts(&mut self, replace: &mut impl ReplaceTexts) {
        let (chunks, joined) = (&self.chunks, &self.joined);
        let chunk = |number| match number {
            JOINED => Some(joined),
            number => chunks.get(number as usize),
        };
        self.index.replace_texts(chunk, replace);
        if replace.sees_numbers() {
            self.index.replace_numbers(chunk, replace);
        }
    }

    /// Adds a report of a part.
    pub(crate) fn report(&mut self, report: PartReport) {
        self.reports.push(report);
    }

    /// Returns the piece of a span.
    pub(crate) fn piece(&self, span: &IndexedSpan) -> &Piece {
        self.index.piece(span.piece).unwrap_or(&NO_PIECE)
    }

    /// Returns the entries of a span.
    pub(crate) fn entries(&self, span: &IndexedSpan) -> Entries<'_> {
        self.index.entries(span, self.chunk_of(span))
    }

    /// Returns the chunk that contains the entries of a span.
    fn chunk_of(&self, span: &IndexedSpan) -> Option<&Chunk> {
        match self.piece(span).chunk {
            JOINED => Some(&self.joined),
            number => self.chunks.get(number as usize),
        }
    }
}
