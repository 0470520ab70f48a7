//! A run of entries of a spread span, and the rewriting that keeps it small.
//!
//! When a segment has doubled in size, it is rewritten: the entries that count are copied,
//! and the others are left out. So its size depends on the entries that count, and not on
//! how many were recorded. The cost of rewriting is constant per recorded byte.
//! [`spread_span`](super::spread_span) decides which segments a span has.

use super::span_index::{SpanIndex, UnendedSpan};
use crate::stream::{Chunk, Cursor, Entry, FieldKey, Open, Site, SiteTable};
use crate::value::Limits;

/// A run of entries of one span: the head, or the entries of one order.
#[derive(Debug)]
pub(super) struct Segment {
    /// The entries of the span, without the beginning of a piece.
    pub(super) entries: Chunk,
    /// The size in bytes at which the segment is rewritten: twice the size after the last
    /// rewrite, and at least 8 KiB.
    rewrite_at: usize,
}

/// The data that is needed to rewrite segments. All spread spans of a decoder share one.
#[derive(Debug)]
pub(super) struct SegmentRewriter {
    /// It is emptied before each rewrite, and only kept for its memory.
    index: SpanIndex,
    /// The limits for heads: those of the tracer.
    limits: Limits,
    /// The limits for tails, which allow more tags. A tag of the tail may replace a tag of
    /// the head with the same key, and does not count then. So it is not known yet which
    /// tags of a tail exceed the span's limit.
    tail_limits: Limits,
}

/// The size in bytes below which a segment is not rewritten.
const SMALL_BYTES: usize = 8 * 1_024;

/// The smallest limit of tags for a segment of a tail. If twice the tracer's limit is
/// more, that is used instead.
const MIN_TAIL_TAGS: usize = 1_024;

impl Default for Segment {
    fn default() -> Self {
        Self::from(Chunk::new())
    }
}

/// Makes a segment from entries that need no rewrite yet.
impl From<Chunk> for Segment {
    fn from(entries: Chunk) -> Self {
        Self {
            rewrite_at: SMALL_BYTES.max(2 * entries.bytes()),
            entries,
        }
    }
}

impl SegmentRewriter {
    /// Makes a rewriter for spans with these limits.
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

    /// Rewrites a head if it has doubled in size. The head has the first entries of the
    /// span, so items that exceed the limits here are dropped.
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

    /// Rewrites a segment of a tail if it has doubled in size. Entries that belong before
    /// it may be read later. So this keeps more tags than the limit allows, and as many
    /// logs and links as the whole span may have.
    pub(super) fn rewrite_tail(&mut self, segment: &mut Segment, span: u64, sites: &mut SiteTable) {
        if segment.entries.bytes() < segment.rewrite_at {
            return;
        }
        self.index.clear();
        // A placeholder: the opening of the span is in the head or not read yet. This one
        // is not written.
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

    /// Replaces the entries of a segment with those that count. If the segment has the
    /// opening, the caller has already written it to `kept`.
    fn rewrite(&self, segment: &mut Segment, open: &UnendedSpan, mut kept: Chunk) {
        self.index.rewrite(open, &segment.entries, &mut kept);
        *segment = Segment::from(kept);
    }
}

/// Returns the site of the span, which is in each tag with a site's key. If there is no
/// such tag, the result is an arbitrary site. It is only used to compare such keys with
/// texts.
fn site_of_keys(entries: &Chunk, sites: &mut SiteTable) -> &'static Site {
    let site = entries.iter().find_map(|(_, entry, _)| match entry {
        Entry::Tag(FieldKey::Site { site, .. }, _) => Some(site),
        _ => None,
    });
    sites.site(site.unwrap_or(0))
}
