//! The index of a batch: where in the chunks the entries of each span are.
//!
//! The index has one record per span and one node per entry. Values stay in the chunks,
//! except arrays. The index applies the limits while it reads, so collectors do not see
//! items that were cut off. It does not own the chunks: its caller passes the chunk of the
//! span's piece.
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
use crate::value::{DroppedItems, Limits, Outcome, TagArray, TagRef};

/// The spans of a batch, and the positions of their entries in its chunks.
///
/// It is emptied and reused for the next batch, so in the long run only arrays are
/// allocated. All references between its lists are indices. They stay valid when a list
/// grows, and a wrong index finds nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpanIndex {
    /// The pieces, each with the properties that its spans share.
    pieces: Vec<Piece>,
    /// The spans, in no particular order: when one is removed, the last one takes its
    /// place.
    pub(super) spans: Vec<IndexedSpan>,
    /// The entries of all spans, with one linked list per span. When a span is removed,
    /// its nodes stay unused until the batch ends.
    pub(super) nodes: Vec<EntryNode>,
    /// Copies of the arrays that are values of entries.
    pub(super) arrays: Vec<TagArray>,
    /// Entries with replaced texts. It is empty unless the tracer redacts; see
    /// [`replace_texts`](Self::replace_texts).
    pub(super) replaced: Chunk,
}

/// One span: its opening, its end, and the list of its other entries. Until its end is
/// read, `end` is equal to `start`, and the outcome is ok.
#[derive(Clone, Debug)]
pub(crate) struct IndexedSpan {
    pub(crate) id: u64,
    /// Zero for the root of a trace.
    pub(crate) parent: u64,
    pub(crate) site: &'static Site,
    /// Raw readings of the tracer's clock. If two threads read them, the end may be
    /// slightly before the start. `StreamedSpan` corrects this.
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// The index of its piece, which names the chunk of its entries.
    pub(crate) piece: u32,
    /// The first of its nodes, or `NONE`.
    pub(super) first: u32,
    pub(crate) dropped: DroppedItems,
    /// The set of the kinds of its entries; see [`EntryKind::bit`]. The lowest bit, which
    /// is no kind's, is [`TEXT_KEYS`].
    kinds: u16,
    pub(crate) outcome: Outcome,
}

// A batch has thousands of spans. Each is written once and read once, so its main cost is
// memory. A span has to fit into one cache line.
const _: () = assert!(size_of::<IndexedSpan>() <= 64);

/// A span whose end is not read yet, with the data that is only needed until then.
///
/// It exists only while its piece is read. Its owner, the decoder, closes it or removes it
/// from the index before the piece ends.
#[derive(Debug)]
pub(crate) struct UnendedSpan {
    pub(crate) id: u64,
    /// Its index among the spans.
    span: u32,
    /// The last of its nodes, or `NONE`.
    last: u32,
    /// The last of its nodes that is a tag, or `NONE`.
    last_tag: u32,
    counts: Counts,
}

/// An entry that belongs to a span, in a list linked by index.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntryNode {
    /// The position of the entry in the chunk of the span's piece, or in the chunk of
    /// replaced entries.
    pub(super) cursor: Cursor,
    /// The next node of the span, or `NONE`.
    pub(super) next: u32,
    /// If the entry's value is an array, the index of its copy; otherwise `NONE` or
    /// `WITHOUT_LOG`.
    pub(super) array: u32,
}

/// A bit of a set of kinds: the span has a tag whose key is not one of its site's.
const TEXT_KEYS: u16 = 1;

// No kind has the number zero.
const _: () = assert!(EntryKind::Tag.bit() > TEXT_KEYS);

/// No node, and no array.
const NONE: u32 = u32::MAX;

/// A value of `array`: the entry is an error whose log was cut off. An error has no array,
/// so the field is free for this.
const WITHOUT_LOG: u32 = NONE - 1;

/// The entries of one span: first all tags, then all other entries. Both groups are in the
/// order in which they were written.
#[derive(Clone, Debug)]
pub(crate) struct Entries<'a> {
    index: &'a SpanIndex,
    chunk: Option<&'a Chunk>,
    next: u32,
}

/// One of a span's entries.
pub(super) struct IndexedEntry<'a> {
    /// The index of its node, which is unique in the batch.
    pub(super) index: u32,
    /// The positions in the chunk where this entry and the next one begin.
    pub(super) start: Cursor,
    pub(super) end: Cursor,
    pub(super) entry: Entry<'a>,
    /// Whether it is an error whose log was cut off. `entry` is then an error without a
    /// log, but the words in the chunk still say that it has one.
    pub(super) is_without_log: bool,
    array: Option<&'a TagArray>,
}

impl IndexedSpan {
    /// Returns whether the span has an entry of this kind.
    #[inline]
    pub(crate) fn has(&self, kind: EntryKind) -> bool {
        self.has_one_of([kind])
    }

    /// Returns whether the span may have a tag whose key is not one of its site's.
    #[inline]
    pub(crate) fn has_text_keys(&self) -> bool {
        self.kinds & TEXT_KEYS != 0
    }

    /// Returns whether all its entries are tags with keys of its site.
    #[inline]
    pub(crate) fn has_only_tags_of_site(&self) -> bool {
        self.kinds & !EntryKind::Tag.bit() == 0
    }

    /// Returns whether the span has an entry of one of these kinds. If not, the caller can
    /// skip the span's entries.
    #[inline]
    pub(crate) fn has_one_of<const N: usize>(&self, kinds: [EntryKind; N]) -> bool {
        let bits = kinds.iter().fold(0, |bits, kind| bits | kind.bit());
        self.kinds & bits != 0
    }
}

impl UnendedSpan {
    /// Returns the log or link to which the next fields belong.
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
        self.replaced.clear();
    }

    /// Returns how many bytes are allocated, in use or not. The heap memory of arrays is
    /// not included.
    pub(crate) fn allocated(&self) -> usize {
        self.pieces.capacity() * size_of::<Piece>()
            + self.spans.capacity() * size_of::<IndexedSpan>()
            + self.nodes.capacity() * size_of::<EntryNode>()
            + self.arrays.capacity() * size_of::<TagArray>()
            + self.replaced.allocated()
    }

    /// Returns all spans: those that have ended, and those that are still being read.
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

    /// Begins a piece. Returns its index.
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

    /// Ends a span, which is then delivered with the batch.
    #[inline]
    pub(crate) fn close(&mut self, open: &UnendedSpan, close: Close) {
        if let Some(span) = self.spans.get_mut(open.span as usize) {
            span.end = close.time;
            span.outcome = close.outcome;
        }
    }

    /// Removes a span that does not end in the current piece.
    ///
    /// The last span of the index takes its place. If the last span has no end yet, it is
    /// among the `others`, and its index is corrected there.
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

    /// Reads the entries of one span, from `cursor` to the end of the chunk. The first
    /// entry has to be the opening, unless the caller passes the span in `open`.
    ///
    /// Returns the span, whether it has ended or not. Returns `None` if there was no
    /// opening. It does not compare ids, because the caller has copied only this span's
    /// entries.
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

    /// Adds a tag with a site's key and a value that is not an array. Returns false and
    /// adds nothing if the tag may exceed the limit, or may have the key of an older tag.
    /// The caller then has to use [`attach`](Self::attach).
    #[inline]
    pub(crate) fn add_tag(&mut self, open: &mut UnendedSpan, cursor: Cursor) -> bool {
        let fits = open.counts.add_plain_tag();
        if fits {
            self.add(open, EntryKind::Tag, cursor, NONE);
        }
        fits
    }

    /// Adds the entry at `cursor` to a span, within its limits. If the entry is a tag and
    /// the span already has its key, the new value replaces the old one.
    ///
    /// All entries of all spans are added by this method or by [`add_tag`](Self::add_tag).
    /// So the result does not depend on whether the span was spread over several pieces.
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
        let Some(IndexedSpan { dropped, kinds, .. }) = self.spans.get_mut(open.span as usize)
        else {
            return;
        };
        if let Entry::Tag(FieldKey::Text(_), _) = entry {
            *kinds |= TEXT_KEYS;
        }
        match open.counts.add(entry, limits, dropped) {
            Admission::Whole => self.add(open, entry.kind(), cursor, array),
            Admission::WithoutLog => self.add(open, entry.kind(), cursor, WITHOUT_LOG),
            Admission::Nothing => {}
        }
    }

    /// Returns the index of the node of the span's tag with this key.
    ///
    /// The search is linear. It is bounded by the limit of tags, which is 128 by default.
    /// Most keys are known to be new, and need no search.
    fn find_tag(&self, open: &UnendedSpan, chunk: &Chunk, key: FieldKey<'_>) -> Option<u32> {
        let span = self.span(open)?;
        if !open.counts.may_have(key, span.site) {
            return None;
        }
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

    /// Copies a value if it is an array. Returns the index of the copy, or `NONE`.
    fn push_array(&mut self, value: FieldValue<'_>) -> u32 {
        let array = TagArray::from_value(value);
        array.map_or(NONE, |array| push(&mut self.arrays, array))
    }

    /// Adds a node to a span: a tag behind the other tags, and any other entry at the end.
    /// So a search for a key can stop at the first entry that is not a tag.
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

    /// Adds an entry behind all others of a span that has ended.
    #[cold]
    pub(super) fn add_last(&mut self, span: usize, kind: EntryKind, cursor: Cursor) {
        let index = u32::try_from(self.nodes.len()).unwrap_or(NONE);
        let Some(span) = self.spans.get_mut(span) else {
            return;
        };
        span.kinds |= kind.bit();
        let (mut last, mut next) = (NONE, span.first);
        while let Some(node) = self.nodes.get(next as usize) {
            (last, next) = (next, node.next);
        }
        match self.nodes.get_mut(last as usize) {
            Some(node) => node.next = index,
            None => span.first = index,
        }
        self.nodes.push(EntryNode {
            cursor,
            next: NONE,
            array: NONE,
        });
    }

    /// Returns the entries of a span, which are in `chunk`. Without a chunk, the result is
    /// empty.
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

/// Adds an item. Returns its index. A batch never has more items than a `u32` can count.
/// If it had, the index would be `NONE`, and the item would not be found.
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
        let chunk = self.chunk_of(item)?;
        let (_, mut entry, end) = chunk.entry(item.cursor)?;
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

    /// Returns the chunk that has the entry of a node.
    #[inline]
    fn chunk_of(&self, node: &EntryNode) -> Option<&'a Chunk> {
        match node.cursor.is_of_replaced() {
            false => self.chunk,
            true => Some(&self.index.replaced),
        }
    }

    /// Reads the next entry if it is a tag. Tags come first, so `None` means that there is
    /// no other one. `site` is the site of the span.
    #[inline]
    pub(super) fn next_tag(&mut self, site: &'static Site) -> Option<(&'a str, TagRef<'a>)> {
        let item = self.index.nodes.get(self.next as usize)?;
        match self.chunk_of(item)?.plain_tag(item.cursor) {
            Some((index, value)) => {
                self.next = item.next;
                Some((site.tag_key(index.into()), value))
            }
            None => self.next_other_tag(site),
        }
    }

    /// Reads the next entry, if all are tags with keys of a site: the index of its key and its
    /// value, or else `None` instead of both, if the value is an array.
    #[inline]
    pub(crate) fn next_plain_tag(&mut self) -> Option<Option<(u16, TagRef<'a>)>> {
        let item = self.index.nodes.get(self.next as usize)?;
        self.next = item.next;
        Some(self.chunk_of(item)?.plain_tag(item.cursor))
    }

    /// Does the same for a tag whose key is a text or whose value is an array.
    #[inline(never)]
    fn next_other_tag(&mut self, site: &'static Site) -> Option<(&'a str, TagRef<'a>)> {
        let mut rest = self.clone();
        let item = rest.next_entry()?;
        let Entry::Tag(key, value) = item.entry else {
            return None;
        };
        *self = rest;
        Some((key.text(site), value.as_tag(item.array)))
    }
}

impl<'a> Iterator for Entries<'a> {
    /// An entry, and a copy of its value if the value is an array.
    type Item = (Entry<'a>, Option<&'a TagArray>);

    fn next(&mut self) -> Option<Self::Item> {
        self.next_entry().map(|found| (found.entry, found.array))
    }
}
