//! Entries of a spread span that follow each other.

use super::span_index::{SpanIndex, UnendedSpan};
use crate::stream::{Chunk, Cursor, Entry, FieldKey, Open, Site, SiteTable};
use crate::value::Limits;

/// Entries that follow each other.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) entries: Chunk,
    /// Bytes from which on the part is rewritten.
    rewrite_at: usize,
}

/// What is needed to rewrite parts.
#[derive(Debug)]
pub(super) struct SegmentRewriter {
    index: SpanIndex,
    limits: Limits,
    /// Of what comes after a head it is not known which keys are new.
    tail_limits: Limits,
}

/// Bytes of a part that is never rewritten.
const SMALL_BYTES: usize = 8 * 1_024;

/// Most keys of tags that are kept of a tail, if the limit of a span is not far from it.
const MIN_TAIL_TAGS: usize = 1_024;

impl Default for Segment {
    fn default() -> Self {
        Self::from(Chunk::new())
    }
}

impl From<Chunk> for Segment {
    fn from(entries: Chunk) -> Self {
        Self {
            rewrite_at: SMALL_BYTES.max(2 * entries.bytes()),
            entries,
        }
    }
}

impl SegmentRewriter {
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

    /// Leaves of a head what holds, if it has grown.
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

    /// Leaves of a part of a tail what may hold, if it has grown.
    pub(super) fn rewrite_tail(&mut self, segment: &mut Segment, span: u64, sites: &mut SiteTable) {
        if segment.entries.bytes() < segment.rewrite_at {
            return;
        }
        self.index.clear();
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

    fn rewrite(&self, segment: &mut Segment, open: &UnendedSpan, mut kept: Chunk) {
        self.index.rewrite(open, &segment.entries, &mut kept);
        *segment = Segment::from(kept);
    }
}

/// The site of the span of which the entries are, as far as they tell.
fn site_of_keys(entries: &Chunk, sites: &mut SiteTable) -> &'static Site {
    let site = entries.iter().find_map(|(_, entry, _)| match entry {
        Entry::Tag(FieldKey::Site { site, .. }, _) => Some(site),
        _ => None,
    });
    sites.site(site.unwrap_or(0))
}
