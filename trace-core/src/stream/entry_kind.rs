//! The kinds of entries: one table of their numbers, words and texts.
//!
//! The numbers are the byte format. The words and texts are for people: the page of
//! [`EntryKind`] shows them, and no code checks them. They are read in
//! [`entry`](super::entry) and written in [`record`](crate::record), so a new kind touches
//! all three.

/// Makes the kinds from a table. Each row has a name, a number below 128, the words after
/// the header, and the texts.
///
/// The number has seven bits of the header. Zero is no kind, so a word that is missing
/// does not read as an entry.
macro_rules! kinds {
    ($($kind:ident = $number:literal, $words:literal, $texts:literal;)*) => {
        /// What an entry says.
        ///
        /// The words and texts come in this order. The first word is the id of the span,
        /// which an entry of the newest span leaves out. A text's length is in the header
        /// or in a word; see [`header`](super::header).
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
            /// Returns the kind with this number. `None` is damage: the length of the
            /// entry is unknown, so nothing behind it can be read.
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
    // What an entry says of a span comes first: numbers below 16 fit into a set of kinds.
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
    // The decoder handles these itself and never attaches them to a span. `Open` still has
    // a bit, which no set uses.
    Open = 15, "span, parent, time", "";
    Close = 16, "span, time", "";
    Moved = 17, "span", "";
    Piece = 18, "remote parent, trace high, trace low, part (low half) and looks at the clock (high half)", "tracestate";
    End = 19, "zero", "";
}

impl EntryKind {
    /// Returns the kind's bit in a set of kinds; zero from number 16 on.
    ///
    /// [`IndexedSpan`](super::decode::IndexedSpan) has such a set, so that a collector that
    /// asks for a status does not walk through the tags of a span that has none.
    #[inline]
    pub(crate) const fn bit(self) -> u16 {
        match 1_u16.checked_shl(self as u32) {
            Some(bit) => bit,
            None => 0,
        }
    }
}
