//! Spans that are not wholly in one piece.

use super::piece::Piece;
use super::segment::{Segment, SegmentRewriter};
use crate::stream::{Chunk, Close, Cursor, Entry, SiteTable};

/// What was read of a span that is not wholly in one piece: copies of its entries, to be
/// read together when all are there.
///
/// The scope that opened it, its *home*, writes what is said of it, but where its future
/// moved: there other scopes do, of which each says in what order it comes.
#[derive(Debug)]
pub(super) struct SpreadSpan {
    /// The piece that opened it, or else the first that speaks of it.
    pub(super) piece: Piece,
    /// The number of its home; set once the opening was read.
    home: Option<u32>,
    /// The opening, and what its home said, in order. Before it comes nothing: so what the
    /// limits cut off of it is cut off for good.
    head: Segment,
    /// What other scopes said, by order. All of it comes after the head.
    tail: Vec<(u32, Segment)>,
    /// Set once the end was read, wherever that was.
    close: Option<Close>,
    /// The piece of another scope that last gave an order, and which.
    moved: Option<(u64, u32)>,
}

/// An entry that is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntryLocation<'a> {
    /// Which of the pieces that were ever read it is in, and the scope of that.
    pub(super) piece: u64,
    pub(super) scope: u32,
    pub(super) chunk: &'a Chunk,
    pub(super) start: Cursor,
    pub(super) end: Cursor,
}

/// Most parts of a tail. If there are more before anything is heard of the home, what it
/// said between the first two comes before both.
const MAX_SEGMENTS: usize = 64;

impl SpreadSpan {
    pub(super) fn new(piece: Piece) -> Self {
        Self {
            piece,
            home: None,
            head: Segment::default(),
            tail: Vec::new(),
            close: None,
            moved: None,
        }
    }

    /// Says where the span was opened, and what its home said up to now.
    pub(super) fn open(&mut self, piece: Piece, home: u32, head: Chunk) {
        self.piece = piece;
        self.home = Some(home);
        self.head = Segment::from(head);
    }

    pub(super) fn close(&mut self, close: Close) {
        self.close = Some(close);
    }

    pub(super) fn is_open(&self) -> bool {
        self.home.is_some()
    }

    /// The number of the site, once the opening was read.
    pub(super) fn site(&self) -> u32 {
        let mut entries = self.head.entries.iter();
        let site = entries.find_map(|(_, entry, _)| match entry {
            Entry::Open(open) => Some(open.site),
            _ => None,
        });
        site.unwrap_or(0)
    }

    pub(super) fn has_ended(&self) -> bool {
        self.close.is_some()
    }

    /// Whether all of it was read.
    pub(super) fn is_ready(&self) -> bool {
        self.is_open() && self.has_ended()
    }

    /// Bytes that the entries take.
    pub(super) fn bytes(&self) -> usize {
        let tail = self.tail.iter();
        let tail = tail.map(|(_, segment)| size_of_val(segment) + segment.entries.allocated());
        self.head.entries.allocated() + tail.sum::<usize>()
    }

    /// How much was said of it, but for the head.
    pub(super) fn said(&self) -> u64 {
        let entries = self
            .tail
            .iter()
            .flat_map(|(_, segment)| segment.entries.iter());
        let said = entries.map(|(_, entry, _)| match entry {
            Entry::Field(..) => 0,
            Entry::Dropped(more) => u64::from(more.tags + more.logs + more.links),
            _ => 1,
        });
        said.sum()
    }

    /// Adds an entry at the end of what its scope said.
    pub(super) fn add(
        &mut self,
        span: u64,
        at: EntryLocation<'_>,
        rewriter: &mut SegmentRewriter,
        sites: &mut SiteTable,
    ) {
        if self.is_home(at.scope) {
            self.head.entries.copy_entry(at.chunk, at.start, at.end);
            return rewriter.rewrite_head(&mut self.head, sites);
        }
        let last = self.tail.last().map_or(0, |(order, _)| *order);
        let order = match self.moved {
            Some((piece, order)) if piece == at.piece => order,
            _ => last,
        };
        let place = self.tail.partition_point(|(other, _)| *other < order);
        if self
            .tail
            .get(place)
            .is_none_or(|(other, _)| *other != order)
        {
            self.tail.insert(place, (order, Segment::default()));
        }
        if let Some((_, segment)) = self.tail.get_mut(place) {
            segment.entries.copy_entry(at.chunk, at.start, at.end);
            rewriter.rewrite_tail(segment, span, sites);
        }
        if self.tail.len() > MAX_SEGMENTS {
            let (_, mut first) = self.tail.remove(0);
            if let Some((_, second)) = self.tail.first_mut() {
                first.entries.append(&second.entries);
                *second = first;
                rewriter.rewrite_tail(second, span, sites);
            }
        }
    }

    /// Says in which order comes what the scope says of the span from here on.
    pub(super) fn moved(
        &mut self,
        order: u32,
        at: EntryLocation<'_>,
        rewriter: &mut SegmentRewriter,
        sites: &mut SiteTable,
    ) {
        if !self.is_home(at.scope) {
            self.moved = Some((at.piece, order));
            return;
        }
        let before = self.tail.partition_point(|(other, _)| *other < order);
        for (_, segment) in self.tail.drain(..before) {
            self.head.entries.append(&segment.entries);
        }
        rewriter.rewrite_head(&mut self.head, sites);
    }

    /// Writes all entries in their order.
    pub(super) fn write(&self, span: u64, to: &mut Chunk) {
        to.append(&self.head.entries);
        for (_, segment) in &self.tail {
            to.append(&segment.entries);
        }
        if let Some(close) = self.close {
            to.push_close(span, close);
        }
    }

    fn is_home(&self, scope: u32) -> bool {
        self.home == Some(scope)
    }
}
