//! Writes the opening and the end of a span.
//!
//! `stream/decode` reads them. The callers in `span/` decide in which scope they are written,
//! and know whether the span has moved.

use super::append;
use super::moments::ended_at;
use crate::record::thread;
use crate::record::trace::SpanEnd;
use crate::stream::{EntryKind, Header, Site, outcome_number};
use crate::value::{Outcome, SpanId};

/// Opens a span below the current one and makes it the current one. Returns its id and its
/// parent.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn open(site: &'static Site) -> (u64, u64) {
    append::open(site.header().word())
}

/// Opens a span below `parent`, which need not be the current span, and makes it the current
/// one. Returns its id and the span that was current.
pub(in crate::record) fn open_below(site: &'static Site, parent: u64) -> (u64, u64) {
    append::open_below(site.header().word(), parent)
}

/// Opens a span with a given id below the current one, and makes it the current one. Returns
/// its id and its parent.
pub(crate) fn open_as(site: &'static Site, span: SpanId) -> (u64, u64) {
    let parent = append::open_as(site.header().word(), span.get());
    (span.get(), parent)
}

/// Ends a span now and makes `parent` the current one.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn close(span: u64, parent: u64, outcome: Outcome) {
    let header = Header::new(EntryKind::Close, outcome_number(outcome), 0, 0);
    append::close(header, span, parent);
}

/// Ends a span without an error and makes `parent` the current one, if the span is the newest
/// and the current one. Returns whether it did.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn close_newest(span: u64, parent: u64) -> bool {
    let header = Header::new(EntryKind::Close, outcome_number(Outcome::Ok), 0, 0);
    thread::close_newest(header, span, parent)
}

/// Writes that a span ends now. Does not change the current span.
#[inline]
pub(in crate::record) fn end_now(span: u64, outcome: Outcome) {
    let header = Header::new(EntryKind::Close, outcome_number(outcome), 0, 0);
    append::end(header, span, append::now());
}

/// Writes a waiting end. Does not change the current span.
pub(in crate::record) fn end(end: &SpanEnd) {
    // This comes before the end, because later entries are not read as entries of the span.
    if let Some(time) = end.ended_at {
        ended_at(end.span, time);
    }
    let header = Header::new(EntryKind::Close, outcome_number(end.outcome), 0, 0);
    append::end(header, end.span, end.time);
}
