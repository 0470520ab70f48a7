//! Writes times that the application sets for a span, in nanoseconds since the Unix epoch.
//!
//! They are separate entries, because the times in the opening and the end are readings of the
//! clock. A timestamp cannot be converted to a reading.

use super::append;
use crate::stream::{EntryKind, Header};
use crate::value::Timestamp;

/// Writes the end time of a span that the application sets.
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
