//! Times of a span that the application gives, as nanoseconds since the Unix epoch.
//!
//! They are entries of their own: the times of the opening and the end are readings of
//! the clock.

use super::append;
use crate::stream::{EntryKind, Header};
use crate::value::Timestamp;

/// Writes that a span ended at another time than that of its end.
pub(super) fn ended_at(span: u64, time: Timestamp) {
    moment(span, EntryKind::EndedAt, time);
}

/// Writes an entry that has nothing but a time.
pub(super) fn moment(span: u64, kind: EntryKind, time: Timestamp) {
    append::push([
        Header::new(kind, 0, 0, 0).word(),
        span,
        time.as_unix_nanos(),
    ]);
}
