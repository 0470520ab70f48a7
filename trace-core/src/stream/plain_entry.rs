//! The common entries, read without looking at the rarer kinds.
//!
//! Nearly every entry is an opening, an end, or a tag with a site's key. For these the
//! decoder needs little: where the entry is, and how long it is. So they are not taken
//! apart as an [`Entry`](super::Entry) is.
//!
//! The decoder uses both readers in one chunk, so they have to agree on the length of each
//! entry. Whoever changes a layout here changes it in `entry.rs`, too.

use super::entry::{Close, Open};
use super::entry_kind::EntryKind;
use super::header::{Header, value_type};

/// One of the common entries, decoded only as far as the fast loop needs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PlainEntry {
    Open(Open),
    Close(Close),
    /// A tag whose key is a site's and whose value is no array. Its value is read again,
    /// by [`Entry::read`](super::Entry), if a collector asks for it.
    Tag,
}

impl PlainEntry {
    /// Reads what follows a header and the span's id. Returns the entry, how many words it
    /// read, and how many bytes of text belong to the entry.
    ///
    /// `None` if the entry is another one, is damaged, or ends early: the full reader then
    /// looks at it. `newest_time` is only called for an end of the newest span.
    #[inline]
    pub(crate) fn read(
        header: Header,
        words: &[u64],
        newest_time: impl FnOnce() -> u64,
    ) -> Option<(Self, u32, u32)> {
        const OPEN: u8 = EntryKind::Open as u8;
        const CLOSE: u8 = EntryKind::Close as u8;
        const TAG: u8 = EntryKind::Tag as u8;
        // By number, so that nothing checks whether it is a known kind.
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
                // Only the full reader knows how long an array is.
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
