//! A run of entries of a spread span, and how it stays small.
//!
//! When a segment has doubled, it is rewritten: the entries that count are written again,
//! and the others are left out. So its size depends on what counts and not on how much was
//! recorded, and rewriting takes a constant time for each byte that was recorded.
//! [`spread_span`](super::spread_span) knows which segments a span has.

use super::span_index::{SpanIndex, UnendedSpan};
use crate::stream::{Chunk, Cursor, Entry, FieldKey, Open, Site, SiteTable};
use crate::value::Limits;

/// A run of entries of one span: its head, or the entries of one order.
#[derive(Debug)]
pub(super) struct Segment {
    /// Only entries of the span, without the beginning of a piece.
    pub(super) entries: Chunk,
    /// The bytes at which the segment is rewritten: twice what the last rewrite left, and
    /// at least 8 KiB.
    rewrite_at: usize,
}

/// What is needed to rewrite segments. All spread spans of a decoder share one.
#[derive(Debug)]
pub(super) struct SegmentRewriter {
    /// Emptied before each rewrite; kept for its memory.
    index: SpanIndex,
    /// The limits of heads: those of the tracer.
    limits: Limits,
    /// The limits of tails, which allow more tags. The head may have some of a tail's keys:
    /// then a tag of the tail replaces one of the head, and does not count. So a tail cannot
    /// tell which of its tags the span's limit will cut off.
    tail_limits: Limits,
}

/// Bytes below which a segment is not rewritten.
const SMALL_BYTES: usize = 8 * 1_024;

/// How many keys of tags a segment of a tail keeps, or twice the limit of tags if that is
/// more.
const MIN_TAIL_TAGS: usize = 1_024;

impl Default for Segment {
    fn default() -> Self {
        Self::from(Chunk::new())
    }
}

/// Makes a segment of entries that need no rewrite yet.
impl From<Chunk> for Segment {
    fn from(entries: Chunk) -> Self {
        Self {
            rewrite_at: SMALL_BYTES.max(2 * entries.bytes()),
            entries,
        }
    }
}

impl SegmentRewriter {
    /// Makes one for spans within these limits.
    pub(super) fn new(limits: Limits) -> Self {
        let tail_limits = Limits {
            max_tags: MIN_TAIL_TAGS.max(limits.max_tags.saturating_mul(2)),
            ..limits.clone()
        };
        Self {
            index: SpanIndex::default(),
            limits,
            tail_limits,
        }
    }

    /// Rewrites a head if it has doubled. The head has the first entries of the span, so what
    /// the limits cut off here is cut off for good.
    pub(super) fn rewrite_head(&mut self, head: &mut Segment, sites: &mut SiteTable) {
        if head.entries.bytes() < head.rewrite_at {
            return;
        }
        self.index.clear();
        let (entries, start) = (&head.entries, Cursor::default());
        let read = self
            .index
            .read(None, 0, entries, start, sites, &self.limits);
        if let Some(open) = read {
            let mut kept = Chunk::new();
            self.index.rewrite_opening(&open, &mut kept);
            self.rewrite(head, &open, kept);
        }
    }

    /// Rewrites a segment of a tail if it has doubled. Entries that belong before it may
    /// still be missing. So this keeps more tags than the limit allows, and as many logs and
    /// links as the whole span may have.
    pub(super) fn rewrite_tail(&mut self, segment: &mut Segment, span: u64, sites: &mut SiteTable) {
        if segment.entries.bytes() < segment.rewrite_at {
            return;
        }
        self.index.clear();
        // A placeholder: the opening of the span is elsewhere, and this one is not written.
        let opening = Open {
            site: 0,
            parent: 0,
            time: 0,
        };
        let site = site_of_keys(&segment.entries, sites);
        let limits = &self.tail_limits;
        let open = self.index.open(0, span, site, opening, limits);
        let (entries, start) = (&segment.entries, Cursor::default());
        let read = self
            .index
            .read(Some(open), 0, entries, start, sites, limits);
        if let Some(open) = read {
            self.rewrite(segment, &open, Chunk::new());
        }
    }

    /// Replaces a segment by its entries that count. If the segment has the opening, `kept`
    /// has it already.
    fn rewrite(&self, segment: &mut Segment, open: &UnendedSpan, mut kept: Chunk) {
        self.index.rewrite(open, &segment.entries, &mut kept);
        *segment = Segment::from(kept);
    }
}

/// Returns the site of the span, which a tag with a site's key names. If there is no such
/// tag, any site will do: it is only needed to compare such keys with texts.
fn site_of_keys(entries: &Chunk, sites: &mut SiteTable) -> &'static Site {
    let site = entries.iter().find_map(|(_, entry, _)| match entry {
        Entry::Tag(FieldKey::Site { site, .. }, _) => Some(site),
        _ => None,
    });
    sites.site(site.unwrap_or(0))
}
