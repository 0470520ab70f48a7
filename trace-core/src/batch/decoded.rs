//! Finished spans, still in the chunks in which they were written.

use std::borrow::Cow;

use crate::clock::Converter;
use crate::context::TraceFlags;
use crate::id::TraceId;
use crate::limits::Limits;
use crate::span_record::{Outcome, SpanRecord};
use crate::stream::{Chunk, Close, Cursor, Entry, FieldKey, FieldValue, Open, Site};
use crate::tag::TagArray;
use crate::tracestate::TraceState;

/// The spans of some chunks, as offsets into them. Reused from batch to batch.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    converter: Converter,
    chunks: Vec<Chunk>,
    /// What the pieces of the chunks are parts of.
    pieces: Vec<Piece>,
    /// Finished spans whose entries are all in one chunk.
    spans: Vec<Span>,
    /// Finished spans that were spread over several.
    records: Vec<SpanRecord>,
    items: Vec<Item>,
    arrays: Vec<TagArray>,
    completed: Vec<TraceId>,
}

/// What all spans of a piece have in common.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) trace_id: TraceId,
    pub(crate) flags: TraceFlags,
    pub(crate) tracestate: TraceState,
    /// The parent in another process, or zero.
    pub(crate) remote_parent: u64,
}

/// Stands for the piece of a span that was written without one: there is none.
pub(crate) static NO_PIECE: Piece = Piece {
    trace_id: TraceId::PLACEHOLDER,
    flags: TraceFlags::NONE,
    tracestate: TraceState::new(),
    remote_parent: 0,
};

/// One span: its opening, its end, and where the rest is.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) chunk: u32,
    pub(crate) piece: u32,
    pub(crate) id: u64,
    pub(crate) parent: u64,
    pub(crate) site: &'static Site,
    /// Raw readings of the tracer's clock.
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) outcome: Outcome,
    /// The first and last of its [`Item`]s; `NONE` when there are none.
    first: u32,
    last: u32,
    tags: u32,
    logs: u32,
    links: u32,
    errors: u32,
    /// Fields of the newest log or link; at the limit already when that was dropped.
    fields: usize,
    pub(crate) dropped_tags: u32,
    pub(crate) dropped_logs: u32,
    pub(crate) dropped_links: u32,
}

/// An entry that belongs to a span, in a list linked by index.
#[derive(Clone, Copy, Debug)]
struct Item {
    cursor: Cursor,
    next: u32,
    /// Index of the array that is the entry's value, or `NONE`.
    array: u32,
}

const NONE: u32 = u32::MAX;

/// The entries of one span, in the order in which they were written.
#[derive(Clone, Debug)]
pub(crate) struct Entries<'a> {
    decoded: &'a Decoded,
    chunk: Option<&'a Chunk>,
    next: u32,
}

impl Span {
    pub(crate) fn new(chunk: u32, piece: u32, id: u64, site: &'static Site, open: Open) -> Self {
        Self {
            chunk,
            piece,
            id,
            parent: open.parent,
            site,
            start: open.time,
            end: open.time,
            outcome: Outcome::Ok,
            first: NONE,
            last: NONE,
            tags: 0,
            logs: 0,
            links: 0,
            errors: 0,
            fields: 0,
            dropped_tags: 0,
            dropped_logs: 0,
            dropped_links: 0,
        }
    }

    /// Whether its newest log or link takes more fields; not if that was dropped.
    pub(crate) fn takes_fields(&self, limits: &Limits) -> bool {
        self.fields < limits.max_fields
    }
}

impl Decoded {
    /// Begins a batch whose times `converter` understands.
    pub(crate) fn begin(&mut self, converter: Converter) {
        self.converter = converter;
    }

    /// Ends a batch; gives the chunks back, emptied.
    pub(crate) fn end(&mut self) -> impl Iterator<Item = Chunk> {
        self.pieces.clear();
        self.spans.clear();
        self.records.clear();
        self.items.clear();
        self.arrays.clear();
        self.completed.clear();
        self.chunks.drain(..).map(|mut chunk| {
            chunk.clear();
            chunk
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.spans.len() + self.records.len()
    }

    pub(crate) fn spans(&self) -> &[Span] {
        &self.spans
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

    pub(crate) fn chunk(&self, index: u32) -> Option<&Chunk> {
        self.chunks.get(index as usize)
    }

    pub(crate) fn push_chunk(&mut self, chunk: Chunk) -> u32 {
        self.chunks.push(chunk);
        u32::try_from(self.chunks.len() - 1).unwrap_or(NONE)
    }

    /// Begins a piece; returns its index.
    pub(crate) fn push_piece(&mut self, piece: Piece) -> u32 {
        self.pieces.push(piece);
        u32::try_from(self.pieces.len() - 1).unwrap_or(NONE)
    }

    pub(crate) fn piece(&self, index: u32) -> Option<&Piece> {
        self.pieces.get(index as usize)
    }

    pub(crate) fn push_record(&mut self, record: SpanRecord) {
        self.records.push(record);
    }

    pub(crate) fn push_completed(&mut self, trace: TraceId) {
        self.completed.push(trace);
    }

    pub(crate) fn finish(&mut self, mut span: Span, close: Close) {
        span.end = close.time;
        span.outcome = close.outcome;
        self.spans.push(span);
    }

    /// Adds the entry at `cursor` to a span, within its limits.
    pub(crate) fn attach(&mut self, span: &mut Span, cursor: Cursor, limits: &Limits) {
        let Some((_, entry, _)) = self.chunk(span.chunk).and_then(|chunk| chunk.entry(cursor))
        else {
            return;
        };
        let mut array = None;
        let (count, max, dropped) = match entry {
            Entry::Tag(key, value) => {
                array = TagArray::of(value);
                if let Some(index) = self.item_of_tag(span, key) {
                    let array = self.push_array(array);
                    if let Some(item) = self.items.get_mut(index as usize) {
                        item.cursor = cursor;
                        item.array = array;
                    }
                    return;
                }
                (&mut span.tags, limits.max_tags, &mut span.dropped_tags)
            }
            Entry::Log { .. } => (&mut span.logs, limits.max_logs, &mut span.dropped_logs),
            Entry::Link { .. } => (&mut span.links, limits.max_links, &mut span.dropped_links),
            // An error is also the status: a span full of logs still takes it.
            Entry::Error { .. } => (&mut span.errors, limits.max_logs, &mut span.dropped_logs),
            Entry::Field(_, value) => {
                if span.fields < limits.max_fields {
                    span.fields += 1;
                    self.push_item(span, cursor, TagArray::of(value));
                }
                return;
            }
            _ => {
                self.push_item(span, cursor, None);
                return;
            }
        };
        let fits = (*count as usize) < max;
        if fits {
            *count += 1;
        } else {
            *dropped += 1;
        }
        if matches!(entry, Entry::Log { .. } | Entry::Link { .. }) {
            span.fields = if fits { 0 } else { limits.max_fields };
        }
        if fits {
            self.push_item(span, cursor, array);
        }
    }

    /// The span's tag with this key, if there is one. Keys of a site are written
    /// once, so that only those that come as texts need the search.
    fn item_of_tag(&self, span: &Span, key: FieldKey<'_>) -> Option<u32> {
        let FieldKey::Text(key) = key else {
            return None;
        };
        let mut entries = self.entries(span);
        while let Some((index, entry, _)) = entries.next_item() {
            if let Entry::Tag(other, _) = entry
                && other.text(span.site) == key
            {
                return Some(index);
            }
        }
        None
    }

    fn push_array(&mut self, array: Option<TagArray>) -> u32 {
        let Some(array) = array else { return NONE };
        self.arrays.push(array);
        u32::try_from(self.arrays.len() - 1).unwrap_or(NONE)
    }

    fn push_item(&mut self, span: &mut Span, cursor: Cursor, array: Option<TagArray>) {
        let array = self.push_array(array);
        let index = u32::try_from(self.items.len()).unwrap_or(NONE);
        self.items.push(Item {
            cursor,
            next: NONE,
            array,
        });
        match self.items.get_mut(span.last as usize) {
            Some(last) => last.next = index,
            None => span.first = index,
        }
        span.last = index;
    }

    pub(crate) fn entries(&self, span: &Span) -> Entries<'_> {
        Entries {
            decoded: self,
            chunk: self.chunk(span.chunk),
            next: span.first,
        }
    }
}

impl<'a> Entries<'a> {
    fn next_item(&mut self) -> Option<(u32, Entry<'a>, Option<&'a TagArray>)> {
        let index = self.next;
        let item = self.decoded.items.get(index as usize)?;
        self.next = item.next;
        let (_, entry, _) = self.chunk?.entry(item.cursor)?;
        let array = self.decoded.arrays.get(item.array as usize);
        Some((index, entry, array))
    }
}

impl<'a> Iterator for Entries<'a> {
    /// An entry, and its value if that is an array.
    type Item = (Entry<'a>, Option<&'a TagArray>);

    fn next(&mut self) -> Option<Self::Item> {
        self.next_item().map(|(_, entry, array)| (entry, array))
    }
}

impl<'a> FieldKey<'a> {
    /// Returns the key; `site` is the one of the span.
    pub(crate) fn text(self, site: &'static Site) -> &'a str {
        match self {
            Self::Text(text) => text,
            Self::Site { index, .. } => site.tag_key(index.into()),
        }
    }
}

impl TagArray {
    /// Copies an array out of a chunk; `None` if the value is none.
    pub(crate) fn of(value: FieldValue<'_>) -> Option<Self> {
        Some(match value {
            FieldValue::Bools(words) => Self::Bool(words.iter().map(|word| *word != 0).collect()),
            FieldValue::I64s(words) => {
                Self::I64(words.iter().map(|word| word.cast_signed()).collect())
            }
            FieldValue::F64s(words) => {
                Self::F64(words.iter().map(|word| f64::from_bits(*word)).collect())
            }
            FieldValue::Texts(lengths, mut texts) => Self::String(
                lengths
                    .iter()
                    .map(|length| {
                        let length = usize::try_from(*length).unwrap_or(0);
                        let (text, rest) = texts.split_at_checked(length).unwrap_or(("", ""));
                        texts = rest;
                        Cow::Owned(text.to_owned())
                    })
                    .collect(),
            ),
            FieldValue::Bool(_) | FieldValue::I64(_) | FieldValue::F64(_) | FieldValue::Str(_) => {
                return None;
            }
        })
    }
}
