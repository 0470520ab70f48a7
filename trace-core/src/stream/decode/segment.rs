//! Entries of a spread span that follow each other, and how they stay few.
//!
//! A segment that has doubled is rewritten: read within the limits, and written again with
//! the entries that count. So memory is bounded by what counts and not by what is said, and
//! each byte that is said costs a constant time. Which segments a span has, and in which
//! order, is up to [`spread_span`](super::spread_span).

use super::span_index::{SpanIndex, UnendedSpan};
use crate::stream::{Chunk, Cursor, Entry, FieldKey, Open, Site, SiteTable};
use crate::value::Limits;

/// Entries of one span that follow each other: its head, or what was said of it at one
/// order.
#[derive(Debug)]
pub(super) struct Segment {
    /// Only entries of the span, without the piece from which they came.
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
    /// The limits of tails, with more tags. Some keys of a tail may be keys of the head, and
    /// then replace a value instead of counting as new: so it cannot be known here which
    /// tags the span's limit will cut off.
    tail_limits: Limits,
}

/// Bytes below which a segment is not rewritten.
const SMALL_BYTES: usize = 8 * 1_024;

/// The fewest keys that a segment of a tail keeps, whatever the limit of tags. It is twice
/// the limit, if that is more.
const MIN_TAIL_TAGS: usize = 1_024;

impl Default for Segment {
    fn default() -> Self {
        Self::from(Chunk::new())
    }
}

/// A segment of entries that were just rewritten.
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

    /// Rewrites a head if it has doubled. A head is a prefix of all that is said of the span,
    /// so what the limits cut off here is cut off for good.
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

    /// Rewrites a segment of a tail if it has doubled. Entries that come before it may still
    /// be missing. So it keeps more tags than the limit allows, and as many logs and links
    /// as the whole span may have.
    pub(super) fn rewrite_tail(&mut self, segment: &mut Segment, span: u64, sites: &mut SiteTable) {
        if segment.entries.bytes() < segment.rewrite_at {
            return;
        }
        self.index.clear();
        // The opening is elsewhere. This one is only read here, and not written.
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

    /// Puts what counts in the place of a segment. `kept` has the opening already, if the
    /// segment has one.
    fn rewrite(&self, segment: &mut Segment, open: &UnendedSpan, mut kept: Chunk) {
        self.index.rewrite(open, &segment.entries, &mut kept);
        *segment = Segment::from(kept);
    }
}

/// Returns the site of the span, as far as its tags tell. If none has a site's key, the
/// site does not matter: it is needed to compare such keys with texts.
fn site_of_keys(entries: &Chunk, sites: &mut SiteTable) -> &'static Site {
    let site = entries.iter().find_map(|(_, entry, _)| match entry {
        Entry::Tag(FieldKey::Site { site, .. }, _) => Some(site),
        _ => None,
    });
    sites.site(site.unwrap_or(0))
}
