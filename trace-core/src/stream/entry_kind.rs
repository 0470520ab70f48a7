//! The kinds of entries, in one table with their numbers, words and texts.
//!
//! The numbers define the binary format. The words and texts are documentation of
//! [`EntryKind`], and no code checks them. [`entry`](super::entry) reads entries and
//! [`record`](crate::record) writes them, so a new kind also needs a change in both of
//! these.

/// Defines the kinds from a table. Each row has a name, a number below 128, the words
/// after the header, and the texts.
///
/// The number takes seven bits of the header. No kind has the number zero, so a missing
/// word is not read as an entry.
macro_rules! kinds {
    ($($kind:ident = $number:literal, $words:literal, $texts:literal;)*) => {
        /// The kind of an entry.
        ///
        /// Words and texts are written in the order of this table. The first word is the
        /// id of the span, which an entry of the newest span leaves out. A text's length
        /// is in the header or in a word; see [`header`](super::header).
        ///
        /// | entry | number | words | texts |
        /// |---|---|---|---|
        $(#[doc = concat!(
            "| ", stringify!($kind), " | ", $number, " | ", $words, " | ", $texts, " |"
        )])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum EntryKind {
            $($kind = $number,)*
        }

        impl EntryKind {
            /// Returns the kind with this number. `None` means that the stream is damaged.
            /// The length of the entry is then unknown, so nothing behind it can be read.
            pub(super) const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$kind),)*
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    // Kinds that are attached to a span have numbers below 16, because these fit into a
    // set of kinds.
    Tag = 1, "span, value (or bytes of a text, or items of an array), items", "key, value";
    Field = 2, "span, value (or bytes of a text, or items of an array), items", "key, value";
    Log = 3, "span, time", "message";
    Link = 4, "span, trace high, trace low, linked span", "tracestate";
    Status = 5, "span", "message";
    Error = 6, "span, time, bytes of the message", "type if it has no number, message";
    Name = 7, "span", "the text";
    Service = 8, "span", "the text";
    Described = 9, "span, line (low half) and bytes of the file (high half)", "name, file";
    SpanKind = 10, "span", "";
    ContextSent = 11, "span", "";
    StartedAt = 12, "span, nanoseconds since 1970", "";
    EndedAt = 13, "span, nanoseconds since 1970", "";
    Dropped = 14, "span, tags, logs, links", "";
    // The decoder handles these itself and never attaches them to a span. `Open` has a bit
    // in a set of kinds, but no set uses it.
    Open = 15, "span, parent, time", "";
    Close = 16, "span, time", "";
    Moved = 17, "span", "";
    Piece = 18, "remote parent, trace high, trace low, part (low half) and looks at the clock (high half)", "tracestate";
    End = 19, "zero", "";
}

impl EntryKind {
    /// Returns the kind's bit in a set of kinds, or zero if its number is 16 or more.
    ///
    /// [`IndexedSpan`](super::decode::IndexedSpan) contains such a set. If a span has no
    /// status, a collector that asks for it does not have to walk through the span's tags.
    #[inline]
    pub(crate) const fn bit(self) -> u16 {
        match 1_u16.checked_shl(self as u32) {
            Some(bit) => bit,
            None => 0,
        }
    }
}
