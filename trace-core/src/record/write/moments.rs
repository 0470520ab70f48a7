//! Writes times of a span that the application gives, in nanoseconds since the Unix epoch.
//!
//! They are separate entries, because the times in the opening and the end are readings of
//! the clock, and a timestamp cannot be turned into one.

use super::append;
use crate::stream::{EntryKind, Header};
use crate::value::Timestamp;

/// Writes that a span ended at a time that the application gives.
pub(super) fn ended_at(span: u64, time: Timestamp) {
    moment(span, EntryKind::EndedAt, time);
}

/// Writes an entry that consists of a time.
pub(super) fn moment(span: u64, kind: EntryKind, time: Timestamp) {
    append::push([
        Header::new(kind, 0, 0, 0).word(),
        span,
        time.as_unix_nanos(),
    ]);
}
