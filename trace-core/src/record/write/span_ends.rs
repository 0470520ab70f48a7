//! The two ends of a span: its opening and its end.
//!
//! A span's beginning and end are read by `stream/decode`. Which scope they are written
//! in, and whether the span has moved, is known to the callers in `span/`.

use super::append;
use super::moments::ended_at;
use crate::record::thread;
use crate::record::trace::SpanEnd;
use crate::stream::{EntryKind, Header, Site, outcome_number};
use crate::value::{Outcome, SpanId};

/// Opens a span below the current one and makes it the current one. Returns it
/// and its parent.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn open(site: &'static Site) -> (u64, u64) {
    append::open(site.header().word())
}

/// Opens a span below another one than the current one, and makes it the current one.
/// Returns it and the one that was current.
pub(in crate::record) fn open_below(site: &'static Site, parent: u64) -> (u64, u64) {
    append::open_below(site.header().word(), parent)
}

/// Opens a span whose id is given.
pub(crate) fn open_as(site: &'static Site, span: SpanId) -> (u64, u64) {
    let parent = append::open_as(site.header().word(), span.get());
    (span.get(), parent)
}

/// Ends a span and makes `parent` the current one.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn close(span: u64, parent: u64, outcome: Outcome) {
    let header = Header::new(EntryKind::Close, outcome_number(outcome), 0, 0);
    append::close(header, span, parent);
}

/// The same for a span that ends well, if it is the newest and the current one; returns
/// whether that is so.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn close_newest(span: u64, parent: u64) -> bool {
    let header = Header::new(EntryKind::Close, outcome_number(Outcome::Ok), 0, 0);
    thread::close_newest(header, span, parent)
}

/// Writes that a span ends now, and leaves the current span what it is.
#[inline]
pub(in crate::record) fn end_now(span: u64, outcome: Outcome) {
    let header = Header::new(EntryKind::Close, outcome_number(outcome), 0, 0);
    append::end(header, span, append::now());
}

/// Writes the end of a span, and leaves the current span what it is.
pub(in crate::record) fn end(end: &SpanEnd) {
    if let Some(time) = end.ended_at {
        ended_at(end.span, time);
    }
    let header = Header::new(EntryKind::Close, outcome_number(end.outcome), 0, 0);
    append::end(header, end.span, end.time);
}
