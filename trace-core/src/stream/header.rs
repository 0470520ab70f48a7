//! The first word of an entry.
//!
//! Each entry begins with a header and the id of the span that it belongs to:
//!
//! ```text
//! header  bits 0..7    kind of the entry
//!         bit  7       the entry is of the *newest* span
//!         bits 8..16   small argument: outcome, value type, status, span kind, a trace's
//!                      flags, or what is to be known of an error
//!         bits 16..32  index of the key in the site's list
//!         bits 32..64  number of the site or of a type, or bytes of the first text
//! ```
//!
//! Most entries belong to the newest span: the one whose opening was the last before them
//! in the piece. They leave the id out, and its end also the time: bits 16..64 of the
//! header are the ticks since the opening. The fewer bytes there are, the less has to go
//! from one processor's cache to the other's.
//!
//! The header of a piece has the number of its scope where others have the bytes of a text,
//! and the bytes of the tracestate where others have the index of a key. That of *moved* has
//! its order there. The part of a trace to which a scope belongs is named after its first
//! scope.

use super::entry_kind::EntryKind;
use crate::value::{Outcome, SpanKind};

/// The first word of an entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header(u64);

impl Header {
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn new(kind: EntryKind, small: u8, index: u16, large: u32) -> Self {
        Self(kind as u64 | (small as u64) << 8 | (index as u64) << 16 | (large as u64) << 32)
    }

    /// Makes the header of another kind of entry that names the same site.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn with_kind(self, kind: EntryKind, small: u8, index: u16) -> Self {
        Self::new(kind, small, index, 0).with_site_of(self)
    }

    /// Adds the site that an opening names to a header that names none.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn with_site_of(self, open: Self) -> Self {
        // Of an opening only the kind and the site are set.
        Self((open.0 ^ EntryKind::Open as u64) | self.0)
    }

    pub(crate) const fn from_word(word: u64) -> Self {
        Self(word)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn word(self) -> u64 {
        self.0
    }

    const IS_OF_NEWEST: u64 = 1 << 7;

    /// Says that the entry is of the newest span.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn with_newest(self) -> Self {
        Self(self.0 | Self::IS_OF_NEWEST)
    }

    /// Says that this is the end of the newest span, so long after its opening; `None`
    /// if the header cannot hold that.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn with_ticks(self, ticks: u64) -> Option<Self> {
        if ticks >> 48 != 0 {
            return None;
        }
        Some(Self(self.0 | Self::IS_OF_NEWEST | ticks << 16))
    }

    pub(crate) const fn is_of_newest(self) -> bool {
        self.0 & Self::IS_OF_NEWEST != 0
    }

    /// Ticks between the opening and the end of the newest span.
    pub(super) const fn ticks(self) -> u64 {
        self.0 >> 16
    }

    pub(super) fn kind_number(self) -> u8 {
        self.0.to_le_bytes()[0] & 0x7f
    }

    pub(crate) fn kind(self) -> Option<EntryKind> {
        EntryKind::from_number(self.kind_number())
    }

    pub(crate) fn small(self) -> u8 {
        self.0.to_le_bytes()[1]
    }

    /// The small argument as an outcome.
    pub(super) fn outcome(self) -> Outcome {
        outcome_from_number(self.small())
    }

    /// The small argument as a kind of span.
    pub(super) fn span_kind(self) -> SpanKind {
        SpanKind::from_number(self.small()).unwrap_or_default()
    }

    pub(crate) fn index(self) -> u16 {
        let [_, _, low, high, ..] = self.0.to_le_bytes();
        u16::from_le_bytes([low, high])
    }

    pub(crate) fn large(self) -> u32 {
        let [_, _, _, _, bytes @ ..] = self.0.to_le_bytes();
        u32::from_le_bytes(bytes)
    }
}

/// Two numbers in one word: the low half and the high one.
pub(crate) const fn join_halves(low: u32, high: u32) -> u64 {
    low as u64 | (high as u64) << 32
}

pub(super) const fn split_halves(word: u64) -> (u32, u32) {
    #[expect(clippy::cast_possible_truncation, reason = "the two halves are meant")]
    let halves = (word as u32, (word >> 32) as u32);
    halves
}

/// What the small argument of a tag or field says of its value and its key.
pub(crate) mod value_type {
    pub(crate) const BOOL: u8 = 0;
    pub(crate) const I64: u8 = 1;
    pub(crate) const F64: u8 = 2;
    pub(crate) const TEXT: u8 = 3;
    pub(crate) const BOOLS: u8 = 4;
    pub(crate) const I64S: u8 = 5;
    pub(crate) const F64S: u8 = 6;
    pub(crate) const TEXTS: u8 = 7;
    pub(crate) const TYPE: u8 = 0x0f;
    /// The key is one of a site's list, not a text.
    pub(crate) const SITE_KEY: u8 = 0x10;
}

/// What the small argument of an error says.
pub(crate) mod error_bits {
    /// It is a log, too.
    pub(crate) const LOG: u8 = 1;
    /// The type is a number, not a text.
    pub(crate) const NUMBERED_TYPE: u8 = 2;
}

/// The outcome as a small argument.
pub(crate) const fn outcome_number(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Ok => 0,
        Outcome::Error => 1,
        Outcome::Panicked => 2,
        Outcome::Cancelled => 3,
    }
}

const fn outcome_from_number(number: u8) -> Outcome {
    match number {
        0 => Outcome::Ok,
        1 => Outcome::Error,
        2 => Outcome::Panicked,
        _ => Outcome::Cancelled,
    }
}

/// The status as a small argument: unset, ok, error.
pub(crate) mod status_number {
    pub(crate) const OK: u8 = 1;
    pub(crate) const ERROR: u8 = 2;
}
