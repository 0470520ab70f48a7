//! One span that is not wholly in one piece, and the order of what is said of it.
//!
//! Pieces of different scopes are read in any order. The *order* that an entry `moved`
//! gives says where what follows belongs. This file only sorts; limits and precedence are
//! applied by [`segment`](super::segment) and, at the end, by the index.

use super::piece::Piece;
use super::segment::{Segment, SegmentRewriter};
use crate::stream::{Chunk, Close, Cursor, Entry, SiteTable};

/// What was read of a span that is not wholly in one piece: copies of its entries, which
/// are read together when all are there.
///
/// The scope that opened the span is its *home*. While the span is in its home, the home
/// writes what is said of it. While it is elsewhere, other scopes do: these are *visits*,
/// and each says at which order it comes.
///
/// ```text
/// head: opening, what the home said        tail: order 1 │ order 3 │ ..        close
///          ^ a home that comes back at order 2 takes order 1 over into the head
/// ```
///
/// Invariants: the orders of the tail go up. Nothing can come before what is in the head.
/// It owns its entries, so no chunk has to be kept for it.
#[derive(Debug)]
pub(super) struct SpreadSpan {
    /// The piece that opened it, or else the first that speaks of it.
    pub(super) piece: Piece,
    /// The number of its home. `Some` once the opening was read.
    home: Option<u32>,
    /// The opening, and what comes directly after it. As nothing comes before it, what the
    /// limits cut off of the head is cut off for good.
    head: Segment,
    /// What visits said, by order. All of it comes after the head.
    tail: Vec<(u32, Segment)>,
    /// `Some` once the end was read, in whatever scope.
    close: Option<Close>,
    /// The piece of a visit that last gave an order, and the order. It holds for the rest of
    /// that piece and not for others, which give their own.
    moved: Option<(u64, u32)>,
}

/// Where an entry is that is being read, and who wrote it.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntryLocation<'a> {
    /// The number of the piece, among all that this decoder has read.
    pub(super) piece: u64,
    /// The number of the scope that wrote the piece.
    pub(super) scope: u32,
    pub(super) chunk: &'a Chunk,
    /// Where the entry begins.
    pub(super) start: Cursor,
    /// Where the next one begins.
    pub(super) end: Cursor,
}

/// The most segments of a tail. Above it the first two become one. If the home then reports
/// something that was said between these two, that comes before both: its order is off by
/// one visit, and nothing is lost.
const MAX_SEGMENTS: usize = 64;

impl SpreadSpan {
    /// Makes a span of which nothing was read but that `piece` speaks of it.
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

    /// Notes where the span was opened, and what its home has said up to now. `head` begins
    /// with the opening.
    pub(super) fn open(&mut self, piece: Piece, home: u32, head: Chunk) {
        self.piece = piece;
        self.home = Some(home);
        self.head = Segment::from(head);
    }

    /// Notes the end. What is added after it still counts: it may have been said before.
    pub(super) fn close(&mut self, close: Close) {
        self.close = Some(close);
    }

    /// Returns whether the opening was read.
    pub(super) fn is_open(&self) -> bool {
        self.home.is_some()
    }

    /// Returns the number of the site; zero, which no site has, before the opening was read.
    pub(super) fn site(&self) -> u32 {
        let mut entries = self.head.entries.iter();
        let site = entries.find_map(|(_, entry, _)| match entry {
            Entry::Open(open) => Some(open.site),
            _ => None,
        });
        site.unwrap_or(0)
    }

    /// Returns whether the end was read.
    pub(super) fn has_ended(&self) -> bool {
        self.close.is_some()
    }

    /// Returns whether all of it was read. The opening and the end are enough, as nothing of
    /// a span is handed over after its end: `record/trace/home.rs` makes sure of that.
    pub(super) fn is_ready(&self) -> bool {
        self.is_open() && self.has_ended()
    }

    /// Returns how many bytes the entries have allocated.
    pub(super) fn bytes(&self) -> usize {
        let tail = self.tail.iter();
        let tail = tail.map(|(_, segment)| size_of_val(segment) + segment.entries.allocated());
        self.head.entries.allocated() + tail.sum::<usize>()
    }

    /// Returns how many statements the tail has. That is what is lost if the span was
    /// delivered before: a log with fields counts as one.
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

    /// Adds an entry behind what its scope has said: in the head if the scope is the home,
    /// otherwise in the segment of its order.
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
        // Only visits give an order. What any other scope says comes last.
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

    /// Notes at which order comes what the scope says of the span from here on.
    ///
    /// If the scope is the home, the span has come back. All visits of a lower order handed
    /// over before that, so their pieces were read, and their segments join the head.
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

    /// Writes the whole span into a chunk in its order: the opening first, the end last.
    pub(super) fn write(&self, span: u64, to: &mut Chunk) {
        to.append(&self.head.entries);
        for (_, segment) in &self.tail {
            to.append(&segment.entries);
        }
        if let Some(close) = self.close {
            to.push_close(span, close);
        }
    }

    /// Returns whether a scope is known to be the home. Before the opening was read it is
    /// not: what the home hands over first is the opening.
    fn is_home(&self, scope: u32) -> bool {
        self.home == Some(scope)
    }
}
