//! Times of a span that are not those of its opening and its end.

use super::append;
use crate::stream::{Header, Kind};
use crate::value::Timestamp;

/// Writes that a span ended at another time than that of its end.
pub(super) fn ended_at(span: u64, time: Timestamp) {
    moment(span, Kind::EndedAt, time);
}

pub(super) fn moment(span: u64, kind: Kind, time: Timestamp) {
    append::push([
        Header::new(kind, 0, 0, 0).word(),
        span,
        time.as_unix_nanos(),
    ]);
}
