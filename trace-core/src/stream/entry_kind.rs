//! The kinds of entries: one table of their numbers, names, words and texts.

/// Makes the kinds from a table: number, words after the header, texts.
macro_rules! kinds {
    ($($kind:ident = $number:literal, $words:literal, $texts:literal;)*) => {
        /// What an entry says. Behind its header, which [`header`](super::header) describes:
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
    // What is said of a span comes first, so that a set of these kinds has 16 bits.
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
    // Those that say nothing of a span, but where it is.
    Open = 15, "span, parent, time", "";
    Close = 16, "span, time", "";
    Moved = 17, "span", "";
    Piece = 18, "remote parent, trace high, trace low, part (low half) and looks at the clock (high half)", "tracestate";
    End = 19, "zero", "";
}

impl EntryKind {
    /// Its bit in a set of kinds; none for those that say nothing of a span.
    #[inline]
    pub(crate) const fn bit(self) -> u16 {
        match 1_u16.checked_shl(self as u32) {
            Some(bit) => bit,
            None => 0,
        }
    }
}
