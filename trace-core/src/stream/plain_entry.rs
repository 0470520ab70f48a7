//! A faster reader for the common kinds of entries.
//!
//! Nearly every entry is an opening, an end, or a tag with a site's key. Of such a tag,
//! the decoder needs only the position and the length. So this reader decodes less than
//! [`Entry::read`](super::Entry) does.
//!
//! The decoder uses both readers in one chunk, so they have to agree on the length of each
//! entry. If you change a layout here, change it in `entry.rs`, too.

use super::entry::{Close, Open};
use super::entry_kind::EntryKind;
use super::header::{Header, value_type};

/// One of the common entries, decoded only as far as the fast loop needs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PlainEntry {
    Open(Open),
    Close(Close),
    /// A tag with a site's key, whose value is not an array. [`Entry::read`](super::Entry)
    /// reads the value later if a collector asks for it.
    Tag,
}

impl PlainEntry {
    /// Reads the words that follow a header and the span's id. Returns the entry, the
    /// number of words read, and the number of bytes of the entry's text.
    ///
    /// Returns `None` if the entry has another kind, is damaged, or is incomplete. The
    /// caller then uses the full reader. `newest_time` is only called for an end of the
    /// newest span.
    #[inline]
    pub(crate) fn read(
        header: Header,
        words: &[u64],
        newest_time: impl FnOnce() -> u64,
    ) -> Option<(Self, u32, u32)> {
        const OPEN: u8 = EntryKind::Open as u8;
        const CLOSE: u8 = EntryKind::Close as u8;
        const TAG: u8 = EntryKind::Tag as u8;
        // Matches on the number, which avoids the conversion to an `EntryKind`.
        match (header.kind_number(), words) {
            (OPEN, &[parent, time, ..]) => {
                let site = header.large();
                Some((Self::Open(Open { site, parent, time }), 2, 0))
            }
            (CLOSE, _) if header.is_of_newest() => {
                let outcome = header.outcome();
                let time = newest_time().wrapping_add(header.ticks());
                Some((Self::Close(Close { outcome, time }), 0, 0))
            }
            (CLOSE, &[time, ..]) => {
                let outcome = header.outcome();
                Some((Self::Close(Close { outcome, time }), 1, 0))
            }
            (TAG, &[value, ..]) if header.small() & value_type::SITE_KEY != 0 => {
                // Only the full reader computes the length of an array.
                let bytes = match header.small() & value_type::TYPE {
                    value_type::BOOL | value_type::I64 | value_type::F64 => 0,
                    value_type::TEXT => u32::try_from(value).ok()?,
                    _ => return None,
                };
                Some((Self::Tag, 1, bytes))
            }
            _ => None,
        }
    }
}
