//! One span that is spread over several pieces, and the order of its entries.
//!
//! The pieces of several scopes may be read in any order. A `Moved` entry gives an *order*
//! to the entries that follow it, and this file sorts entries by their order.
//! [`segment`](super::segment) and the index apply limits and precedence.

use super::piece::Piece;
use super::segment::{Segment, SegmentRewriter};
use crate::stream::{Chunk, Close, Cursor, Entry, SiteTable};

/// Copies of the entries of a span that is spread over several pieces. They are read
/// together when all of them are there.
///
/// The scope that opened the span is its *home*. The home writes the span's entries while
/// the span is there. While the span visits another scope, that scope writes them. Each
/// *visit* has an order, which its entries share.
///
/// ```text
/// head: opening, what the home said        tail: order 1 │ order 3 │ ..        close
///          ^ a home that comes back at order 2 takes order 1 over into the head
/// ```
///
/// Invariants: the orders in the tail are ascending, and no entry that is read later
/// belongs before the end of the head. The span owns its copies, so it does not keep a
/// chunk of the queue in use.
#[derive(Debug)]
pub(super) struct SpreadSpan {
    /// The piece with the opening. Until the opening is read, the first piece with an
    /// entry of the span.
    pub(super) piece: Piece,
    /// The number of the home. `Some` after the opening was read.
    home: Option<u32>,
    /// The opening, and the entries directly after it. No other entry comes before them,
    /// so items of the head that exceed the limits can be dropped at once.
    head: Segment,
    /// The entries of visits, sorted by order. All of them come after the head.
    tail: Vec<(u32, Segment)>,
    /// `Some` after the end was read. Any scope may write the end.
    close: Option<Close>,
    /// The last order that a visit gave, and the number of the piece that contains it. The
    /// order is valid for the rest of this piece.
    moved: Option<(u64, u32)>,
}

/// The position of the entry that is being read, and the scope that wrote it.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntryLocation<'a> {
    /// The number of the piece, among all that this decoder has read.
    pub(super) piece: u64,
    /// The number of the scope that wrote the piece.
    pub(super) scope: u32,
    pub(super) chunk: &'a Chunk,
    /// The position where the entry begins.
    pub(super) start: Cursor,
    /// The position where the next entry begins.
    pub(super) end: Cursor,
}

/// The most segments of a tail. If there is one more, the first two are joined. If an
/// entry of the home belongs between these two, it then comes before both. No entry is
/// lost.
const MAX_SEGMENTS: usize = 64;

impl SpreadSpan {
    /// Makes a span without entries. `piece` is the first piece with an entry of the span.
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

    /// Notes the opening: its piece, the home, and the entries that the home has written
    /// up to now. `head` begins with the opening.
    pub(super) fn open(&mut self, piece: Piece, home: u32, head: Chunk) {
        self.piece = piece;
        self.home = Some(home);
        self.head = Segment::from(head);
    }

    /// Notes the end. Entries that are read after it still count, because they may have
    /// been written before it.
    pub(super) fn close(&mut self, close: Close) {
        self.close = Some(close);
    }

    /// Returns whether the opening was read.
    pub(super) fn is_open(&self) -> bool {
        self.home.is_some()
    }

    /// Returns the number of the site. Until the opening is read, it is zero, which no
    /// site has.
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

    /// Returns whether all its entries were read. The opening and the end are enough, because
    /// no scope hands over an entry of a span after its end: see `record/trace/home.rs`.
    pub(super) fn is_ready(&self) -> bool {
        self.is_open() && self.has_ended()
    }

    /// Returns how many bytes the entries have allocated.
    pub(super) fn bytes(&self) -> usize {
        let tail = self.tail.iter();
        let tail = tail.map(|(_, segment)| size_of_val(segment) + segment.entries.allocated());
        self.head.entries.allocated() + tail.sum::<usize>()
    }

    /// Returns how many statements the tail has. They are lost if the span was delivered
    /// earlier. A log with its fields is one statement.
    pub(super) fn statements(&self) -> u64 {
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

    /// Adds an entry. It goes to the head if the home wrote it, and otherwise to the
    /// segment of its order.
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
        // Only visits give an order. Entries of other scopes come last.
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

    /// Notes the order of the entries that follow in this piece.
    ///
    /// If the scope is the home, the span has come back. All visits of a lower order were
    /// handed over and read before, so their segments are appended to the head.
    pub(super) fn note_order(
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

    /// Returns whether a scope is the home. Before the opening is read, this is false for
    /// every scope: the home hands over the opening first.
    fn is_home(&self, scope: u32) -> bool {
        self.home == Some(scope)
    }
}
