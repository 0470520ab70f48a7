//! Where in the chunks each span is.
//!
//! The index has one record a span and one node an entry. Values stay in the chunks, except
//! arrays. It applies the limits while it reads, so a collector sees nothing that was cut
//! off. It does not know which chunk is meant: its caller passes the chunk of the span's
//! piece.
//!
//! ```text
//! spans: [span | span | ..]        first ──┐
//! nodes: [tag ─> tag ─> log ─> ..]  <──────┘  tags first, then the order of the stream
//! ```

use super::limits::{Admission, Counts, FieldOwner};
use super::piece::Piece;
use crate::stream::{
    Chunk, Close, Cursor, Entry, EntryKind, FieldKey, FieldValue, Open, Site, SiteTable,
};
use crate::value::{DroppedItems, Limits, Outcome, TagArray};

/// Where in the chunks of a batch each span is.
///
/// It is emptied and reused from batch to batch, so in the long run only arrays are
/// allocated. All references between its lists are indices: they stay right when a list
/// grows, and a wrong one finds nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpanIndex {
    /// What the spans of each piece have in common.
    pieces: Vec<Piece>,
    /// The spans, in no particular order: if one is removed, the last one takes its place.
    spans: Vec<IndexedSpan>,
    /// The entries of all spans, as one linked list for each span. If a span is removed, its
    /// nodes stay unused until the batch ends.
    nodes: Vec<EntryNode>,
    /// Copies of the arrays that the entries have as values.
    arrays: Vec<TagArray>,
}

/// One span: its opening, its end, and where its other entries are. Until its end is read,
/// it ends when it began, and its outcome is ok.
#[derive(Clone, Debug)]
pub(crate) struct IndexedSpan {
    pub(crate) id: u64,
    /// Zero for the root of a trace.
    pub(crate) parent: u64,
    pub(crate) site: &'static Site,
    /// Raw readings of the tracer's clock. If two threads read it, the end may be before
    /// the start by a little; `StreamedSpan` corrects that.
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// The index of its piece, which says in which chunk its entries are.
    pub(crate) piece: u32,
    /// The first of its nodes, or `NONE`.
    first: u32,
    pub(crate) dropped: DroppedItems,
    /// The kinds of its entries, a bit each: see [`EntryKind::bit`].
    kinds: u16,
    pub(crate) outcome: Outcome,
}

// A batch has thousands of spans. Each is written once and read once, so what it costs is
// mostly memory: one cache line.
const _: () = assert!(size_of::<IndexedSpan>() <= 64);

/// A span whose end is not read yet, with what is only needed until then.
///
/// It lives as long as its piece is read. Its owner, the decoder, closes it or removes it
/// from the index before the piece ends.
#[derive(Debug)]
pub(crate) struct UnendedSpan {
    pub(crate) id: u64,
    /// Its place among the spans.
    span: u32,
    /// The last of its nodes, or `NONE`.
    last: u32,
    /// The last of its nodes that is a tag, or `NONE`.
    last_tag: u32,
    counts: Counts,
}

/// An entry that belongs to a span, in a list linked by index.
#[derive(Clone, Copy, Debug)]
struct EntryNode {
    /// Where the entry is, in the chunk of the span's piece.
    cursor: Cursor,
    /// The next node of the span, or `NONE`.
    next: u32,
    /// The index of the array that is the entry's value, `NONE`, or `WITHOUT_LOG`.
    array: u32,
}

/// No node, and no array.
const NONE: u32 = u32::MAX;

/// In `array`: the entry is an error whose log was cut off. An error has no array, so the
/// field is free.
const WITHOUT_LOG: u32 = NONE - 1;

/// The entries of one span: first the tags, then all others, both in the order in which they
/// were written.
#[derive(Clone, Debug)]
pub(crate) struct Entries<'a> {
    index: &'a SpanIndex,
    chunk: Option<&'a Chunk>,
    next: u32,
}

/// One of a span's entries.
pub(super) struct IndexedEntry<'a> {
    /// The index of its node, which no other entry of the batch has.
    pub(super) index: u32,
    /// Where it begins in the chunk, and where the next one does.
    pub(super) start: Cursor,
    pub(super) end: Cursor,
    pub(super) entry: Entry<'a>,
    /// Whether it is an error whose log was cut off. `entry` then says that it has no log;
    /// its words in the chunk still say that it has one.
    pub(super) is_without_log: bool,
    array: Option<&'a TagArray>,
}

impl IndexedSpan {
    /// Returns whether an entry of this kind belongs to it.
    pub(crate) fn has(&self, kind: EntryKind) -> bool {
        self.has_one_of([kind])
    }

    /// Returns whether an entry of one of these kinds belongs to it. If not, nobody has to
    /// look at the span's entries.
    pub(crate) fn has_one_of<const N: usize>(&self, kinds: [EntryKind; N]) -> bool {
        let bits = kinds.iter().fold(0, |bits, kind| bits | kind.bit());
        self.kinds & bits != 0
    }
}

impl UnendedSpan {
    /// Returns what the next fields belong to.
    pub(super) fn field_owner(&self) -> FieldOwner {
        self.counts.field_owner()
    }
}

impl SpanIndex {
    /// Empties the index and keeps its memory.
    pub(crate) fn clear(&mut self) {
        self.pieces.clear();
        self.spans.clear();
        self.nodes.clear();
        self.arrays.clear();
    }

    /// Returns how many bytes are allocated, in use or not, except what arrays have
    /// allocated themselves.
    pub(crate) fn allocated(&self) -> usize {
        self.pieces.capacity() * size_of::<Piece>()
            + self.spans.capacity() * size_of::<IndexedSpan>()
            + self.nodes.capacity() * size_of::<EntryNode>()
            + self.arrays.capacity() * size_of::<TagArray>()
    }

    /// Returns the spans that ended, and those that are still being read.
    pub(crate) fn spans(&self) -> &[IndexedSpan] {
        &self.spans
    }

    /// Returns the record of a span that is being read.
    pub(super) fn span(&self, open: &UnendedSpan) -> Option<&IndexedSpan> {
        self.spans.get(open.span as usize)
    }

    /// Returns a piece by its index.
    pub(crate) fn piece(&self, index: u32) -> Option<&Piece> {
        self.pieces.get(index as usize)
    }

    /// Begins a piece; returns its index.
    pub(crate) fn push_piece(&mut self, piece: Piece) -> u32 {
        push(&mut self.pieces, piece)
    }

    /// Begins a span.
    #[inline]
    pub(crate) fn open(
        &mut self,
        piece: u32,
        id: u64,
        site: &'static Site,
        open: Open,
        limits: &Limits,
    ) -> UnendedSpan {
        let span = IndexedSpan {
            id,
            parent: open.parent,
            site,
            start: open.time,
            end: open.time,
            piece,
            first: NONE,
            dropped: DroppedItems::default(),
            kinds: 0,
            outcome: Outcome::Ok,
        };
        UnendedSpan {
            id,
            span: push(&mut self.spans, span),
            last: NONE,
            last_tag: NONE,
            counts: Counts::new(limits),
        }
    }

    /// Ends a span: it is then delivered with the batch.
    #[inline]
    pub(crate) fn close(&mut self, open: &UnendedSpan, close: Close) {
        if let Some(span) = self.spans.get_mut(open.span as usize) {
            span.end = close.time;
            span.outcome = close.outcome;
        }
    }

    /// Removes a span that does not end in this piece.
    ///
    /// The last span of the index moves into its place. If that span has no end yet, it is
    /// among the `others`, and its place is corrected there.
    pub(crate) fn remove(&mut self, open: &UnendedSpan, others: &mut [UnendedSpan]) {
        let place = open.span as usize;
        if place >= self.spans.len() {
            return;
        }
        self.spans.swap_remove(place);
        let moved = others
            .iter_mut()
            .find(|other| other.span as usize == self.spans.len());
        if let Some(moved) = moved {
            moved.span = open.span;
        }
    }

    /// Reads the entries of one span, from `cursor` to the end of the chunk. The opening has
    /// to be the first, unless the span is `open` already.
    ///
    /// Returns the span, ended or not; `None` if there was no opening. It does not compare
    /// ids: the caller has copied only this span's entries.
    pub(super) fn read(
        &mut self,
        mut open: Option<UnendedSpan>,
        piece: u32,
        chunk: &Chunk,
        mut cursor: Cursor,
        sites: &mut SiteTable,
        limits: &Limits,
    ) -> Option<UnendedSpan> {
        while let Some((id, entry, next)) = chunk.entry(cursor) {
            match (entry, &mut open) {
                (Entry::Open(opening), None) => {
                    let site = sites.site(opening.site);
                    open = Some(self.open(piece, id, site, opening, limits));
                }
                (Entry::Close(close), Some(open)) => self.close(open, close),
                (_, Some(open)) => self.attach(open, chunk, cursor, entry, limits),
                // Not reachable: the callers write the opening first.
                (_, None) => {}
            }
            cursor = next;
        }
        open
    }

    /// Adds a tag with a site's key and a value that is no array. Returns false, and adds
    /// nothing, if the tag may be too many or may have an older tag's key: then
    /// [`attach`](Self::attach) has to find out.
    #[inline]
    pub(crate) fn add_tag(&mut self, open: &mut UnendedSpan, cursor: Cursor) -> bool {
        let fits = open.counts.add_plain_tag();
        if fits {
            self.add(open, EntryKind::Tag, cursor, NONE);
        }
        fits
    }

    /// Adds the entry at `cursor` to a span, within its limits. If the span has a tag with
    /// this key already, the new value replaces the old one.
    ///
    /// All entries of all spans come through here or through [`add_tag`](Self::add_tag), so
    /// a span says the same whether it was spread or not.
    pub(crate) fn attach(
        &mut self,
        open: &mut UnendedSpan,
        chunk: &Chunk,
        cursor: Cursor,
        entry: Entry<'_>,
        limits: &Limits,
    ) {
        let array = match entry {
            Entry::Tag(_, value) | Entry::Field(_, value) => self.push_array(value),
            _ => NONE,
        };
        // The tag is not counted again. If the old value was an array, it stays in `arrays`
        // until the batch ends.
        if let Entry::Tag(key, _) = entry
            && let Some(index) = self.find_tag(open, chunk, key)
        {
            if let Some(item) = self.nodes.get_mut(index as usize) {
                item.cursor = cursor;
                item.array = array;
            }
            return;
        }
        let Some(IndexedSpan { dropped, .. }) = self.spans.get_mut(open.span as usize) else {
            return;
        };
        match open.counts.add(entry, limits, dropped) {
            Admission::Whole => self.add(open, entry.kind(), cursor, array),
            Admission::WithoutLog => self.add(open, entry.kind(), cursor, WITHOUT_LOG),
            Admission::Nothing => {}
        }
    }

    /// Returns the node of the span's tag with this key.
    ///
    /// The search is linear. The limit of tags bounds it, 128 by default, and most spans
    /// have only keys of their site, which need no search.
    fn find_tag(&self, open: &UnendedSpan, chunk: &Chunk, key: FieldKey<'_>) -> Option<u32> {
        if !open.counts.may_have(key) {
            return None;
        }
        let span = self.span(open)?;
        let key = key.text(span.site);
        // Tags come first, so the search ends at the first other entry.
        let mut entries = self.entries(span, Some(chunk));
        while let Some(item) = entries.next_entry()
            && let Entry::Tag(other, _) = item.entry
        {
            if other.text(span.site) == key {
                return Some(item.index);
            }
        }
        None
    }

    /// Copies a value if it is an array; returns the index of the copy, or `NONE`.
    fn push_array(&mut self, value: FieldValue<'_>) -> u32 {
        let array = TagArray::from_value(value);
        array.map_or(NONE, |array| push(&mut self.arrays, array))
    }

    /// Adds a node to a span: a tag behind the other tags, and any other entry behind all.
    /// So a search for a key ends with the last tag.
    #[inline]
    fn add(&mut self, open: &mut UnendedSpan, kind: EntryKind, cursor: Cursor, array: u32) {
        let Some(span) = self.spans.get_mut(open.span as usize) else {
            return;
        };
        span.kinds |= kind.bit();
        let is_tag = kind == EntryKind::Tag;
        let before = if is_tag { open.last_tag } else { open.last };
        let place = self.nodes.len();
        let before = match self.nodes.get_mut(before as usize) {
            Some(item) => &mut item.next,
            None => &mut span.first,
        };
        let index = u32::try_from(place).unwrap_or(NONE);
        // The new node goes between `before` and the node that followed it.
        let next = std::mem::replace(before, index);
        self.nodes.push(EntryNode {
            cursor,
            next,
            array,
        });
        if next == NONE {
            open.last = index;
        }
        if is_tag {
            open.last_tag = index;
        }
    }

    /// Returns the entries of a span, which are in `chunk`. Without a chunk there are none.
    pub(crate) fn entries<'a>(
        &'a self,
        span: &IndexedSpan,
        chunk: Option<&'a Chunk>,
    ) -> Entries<'a> {
        Entries {
            index: self,
            chunk,
            next: span.first,
        }
    }
}

/// Adds an item; returns its index. A batch is too small for more items than a `u32` counts.
/// If there were more, the index would be `NONE`, and the item would not be found.
fn push<T>(items: &mut Vec<T>, item: T) -> u32 {
    let index = u32::try_from(items.len()).unwrap_or(NONE);
    items.push(item);
    index
}

impl<'a> Entries<'a> {
    /// Reads the next entry from the chunk.
    #[inline]
    pub(super) fn next_entry(&mut self) -> Option<IndexedEntry<'a>> {
        let index = self.next;
        let item = self.index.nodes.get(index as usize)?;
        self.next = item.next;
        let (_, mut entry, end) = self.chunk?.entry(item.cursor)?;
        let is_without_log = item.array == WITHOUT_LOG;
        if is_without_log && let Entry::Error { log, .. } = &mut entry {
            *log = false;
        }
        Some(IndexedEntry {
            index,
            start: item.cursor,
            end,
            entry,
            is_without_log,
            array: self.index.arrays.get(item.array as usize),
        })
    }
}

impl<'a> Iterator for Entries<'a> {
    /// An entry, and a copy of its value if that is an array.
    type Item = (Entry<'a>, Option<&'a TagArray>);

    fn next(&mut self) -> Option<Self::Item> {
        self.next_entry().map(|found| (found.entry, found.array))
    }
}
