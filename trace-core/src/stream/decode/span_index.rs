//! Where in the chunks each span is.

use super::limits::{Admission, Counts, FieldOwner};
use super::piece::Piece;
use crate::stream::{
    Chunk, Close, Cursor, Entry, EntryKind, FieldKey, FieldValue, Open, Site, SiteTable,
};
use crate::value::{DroppedItems, Limits, Outcome, TagArray};

/// Where in the chunks of a batch each span is. Reused from batch to batch.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpanIndex {
    /// What the pieces of the chunks are parts of.
    pieces: Vec<Piece>,
    spans: Vec<IndexedSpan>,
    nodes: Vec<EntryNode>,
    arrays: Vec<TagArray>,
}

/// One span: its opening, its end, and where the rest is.
#[derive(Clone, Debug)]
pub(crate) struct IndexedSpan {
    pub(crate) id: u64,
    pub(crate) parent: u64,
    pub(crate) site: &'static Site,
    /// Raw readings of the tracer's clock.
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) piece: u32,
    /// The first of its nodes, or `NONE`.
    first: u32,
    pub(crate) dropped: DroppedItems,
    /// The kinds of its items, a bit each.
    kinds: u16,
    pub(crate) outcome: Outcome,
}

// There are thousands in a batch, each of which is written and read once.
const _: () = assert!(size_of::<IndexedSpan>() <= 64);

/// A span whose end was not read, and what is not needed of it afterwards.
#[derive(Debug)]
pub(crate) struct UnendedSpan {
    pub(crate) id: u64,
    /// Its place among the spans.
    span: u32,
    /// The last of its items, and of its tags, or `NONE`.
    last: u32,
    last_tag: u32,
    counts: Counts,
}

/// An entry that belongs to a span, in a list linked by index.
#[derive(Clone, Copy, Debug)]
struct EntryNode {
    cursor: Cursor,
    next: u32,
    /// Index of the array that is the entry's value, `NONE`, or `WITHOUT_LOG`.
    array: u32,
}

const NONE: u32 = u32::MAX;

/// Stands for the array of an error whose log was cut off.
const WITHOUT_LOG: u32 = NONE - 1;

/// The entries of one span in the order in which they were written, but tags first.
#[derive(Clone, Debug)]
pub(crate) struct Entries<'a> {
    index: &'a SpanIndex,
    chunk: Option<&'a Chunk>,
    next: u32,
}

/// One of a span's entries.
pub(super) struct IndexedEntry<'a> {
    /// The number of its item.
    pub(super) index: u32,
    /// Where it is.
    pub(super) start: Cursor,
    pub(super) end: Cursor,
    pub(super) entry: Entry<'a>,
    /// Whether it is an error whose log was cut off.
    pub(super) is_without_log: bool,
    array: Option<&'a TagArray>,
}

impl IndexedSpan {
    /// Whether an entry of this kind belongs to it.
    pub(crate) fn has(&self, kind: EntryKind) -> bool {
        self.has_one_of([kind])
    }

    /// Whether an entry of one of these kinds belongs to it.
    pub(crate) fn has_one_of<const N: usize>(&self, kinds: [EntryKind; N]) -> bool {
        let bits = kinds.iter().fold(0, |bits, kind| bits | kind.bit());
        self.kinds & bits != 0
    }
}

impl UnendedSpan {
    /// What the fields that come next belong to.
    pub(super) fn field_owner(&self) -> FieldOwner {
        self.counts.field_owner()
    }
}

impl SpanIndex {
    pub(crate) fn clear(&mut self) {
        self.pieces.clear();
        self.spans.clear();
        self.nodes.clear();
        self.arrays.clear();
    }

    /// Bytes that are allocated, in use or not, but for the content of arrays.
    pub(crate) fn allocated(&self) -> usize {
        self.pieces.capacity() * size_of::<Piece>()
            + self.spans.capacity() * size_of::<IndexedSpan>()
            + self.nodes.capacity() * size_of::<EntryNode>()
            + self.arrays.capacity() * size_of::<TagArray>()
    }

    pub(crate) fn spans(&self) -> &[IndexedSpan] {
        &self.spans
    }

    pub(super) fn span(&self, open: &UnendedSpan) -> Option<&IndexedSpan> {
        self.spans.get(open.span as usize)
    }

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

    /// Ends a span.
    #[inline]
    pub(crate) fn close(&mut self, open: &UnendedSpan, close: Close) {
        if let Some(span) = self.spans.get_mut(open.span as usize) {
            span.end = close.time;
            span.outcome = close.outcome;
        }
    }

    /// Takes a span out that does not end here. The last of all gets its place, which
    /// is noted if that one is among the `others`.
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

    /// Reads the entries of one span, which follow each other from `cursor` on to the end
    /// of the chunk. The opening is the first of them, unless the span is open already.
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
                (_, None) => {}
            }
            cursor = next;
        }
        open
    }

    /// Adds a tag whose key is of a site, and whose value is no array, to a span;
    /// returns whether it is known to fit, and to have a key of its own.
    #[inline]
    pub(crate) fn add_tag(&mut self, open: &mut UnendedSpan, cursor: Cursor) -> bool {
        let fits = open.counts.add_plain_tag();
        if fits {
            self.add(open, EntryKind::Tag, cursor, NONE);
        }
        fits
    }

    /// Adds the entry at `cursor` to a span, within its limits.
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

    /// The span's tag with this key, if there is one.
    fn find_tag(&self, open: &UnendedSpan, chunk: &Chunk, key: FieldKey<'_>) -> Option<u32> {
        if !open.counts.may_have(key) {
            return None;
        }
        let span = self.span(open)?;
        let key = key.text(span.site);
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

    fn push_array(&mut self, value: FieldValue<'_>) -> u32 {
        let array = TagArray::from_value(value);
        array.map_or(NONE, |array| push(&mut self.arrays, array))
    }

    /// Adds an item to a span: a tag behind the other tags, which come first so that
    /// looking for a key looks at nothing else; any other behind all.
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

fn push<T>(items: &mut Vec<T>, item: T) -> u32 {
    let index = u32::try_from(items.len()).unwrap_or(NONE);
    items.push(item);
    index
}

impl<'a> Entries<'a> {
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
    /// An entry, and its value if that is an array.
    type Item = (Entry<'a>, Option<&'a TagArray>);

    fn next(&mut self) -> Option<Self::Item> {
        self.next_entry().map(|found| (found.entry, found.array))
    }
}
