//! The first word of an entry, and the numbers in it.
//!
//! Each entry begins with a header, followed by the id of its span:
//!
//! ```text
//! header  bits 0..7    kind of the entry
//!         bit  7       the entry is of the *newest* span
//!         bits 8..16   small argument: outcome, value type, status, span kind, a trace's
//!                      flags, or two bits of an error
//!         bits 16..32  index: a key in the site's list
//!         bits 32..64  large argument: the number of the site or of an error's type, or
//!                      the bytes of the first text
//! ```
//!
//! The *newest* span of an entry is the one whose opening was the last before the entry in
//! the piece. Most entries belong to the newest span, and leave out its id. The end of the
//! newest span also leaves out the time: bits 16..64 of its header are the ticks since the
//! opening. Most of the cost of a span is memory that moves from one processor's cache to
//! another's, so fewer bytes make spans cheaper.
//!
//! Two kinds use the fields differently. In a piece, the large argument is the number of
//! the scope, and the index is the length of the tracestate in bytes. In a *moved* entry,
//! the large argument is the order.
//!
//! The lengths of texts always fit, because the writer cuts texts to their limits. Ticks
//! have 48 bits, which is 26 hours at 3 GHz. The end of a longer span contains the id and
//! the time instead.

use super::entry_kind::EntryKind;
use crate::value::{Outcome, SpanKind};

/// The first word of an entry.
///
/// In release builds, the functions that the recorder calls for each span are always
/// inlined. Most of their arguments are constants at the call, so the compiler computes
/// the header in advance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header(u64);

impl Header {
    /// Makes the header of an entry that contains its span's id.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn new(kind: EntryKind, small: u8, index: u16, large: u32) -> Self {
        Self(kind as u64 | (small as u64) << 8 | (index as u64) << 16 | (large as u64) << 32)
    }

    /// Makes the header of another kind of entry. It names the same site as this header.
    /// This header must be the header of an opening.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn with_kind(self, kind: EntryKind, small: u8, index: u16) -> Self {
        Self::new(kind, small, index, 0).with_site_of(self)
    }

    /// Adds the site of an opening. The large argument of this header must be zero.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn with_site_of(self, open: Self) -> Self {
        // The header of an opening has only a kind and a site. The exclusive or clears the
        // kind, so only the site is left.
        Self((open.0 ^ EntryKind::Open as u64) | self.0)
    }

    /// Makes a header from any word. The methods that read a field check its value.
    pub(crate) const fn from_word(word: u64) -> Self {
        Self(word)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn word(self) -> u64 {
        self.0
    }

    const IS_OF_NEWEST: u64 = 1 << 7;

    /// Marks the entry as one of the newest span. Such an entry has no id.
    ///
    /// The opening has to be in the same piece, before this entry, because a reader takes
    /// the id from there.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn with_newest(self) -> Self {
        Self(self.0 | Self::IS_OF_NEWEST)
    }

    /// Marks the entry as the end of the newest span, with the ticks since its opening.
    /// Returns `None` if the ticks need more than 48 bits. The end then has to contain its
    /// id and its time.
    ///
    /// The ticks use the bits of the index and of the large argument, which must be zero.
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

    /// Returns the ticks between the opening and the end of the newest span. Only an end
    /// of the newest span has them.
    pub(super) const fn ticks(self) -> u64 {
        self.0 >> 16
    }

    /// Returns the number of the kind. In a damaged stream, there may be no kind with this
    /// number.
    pub(crate) fn kind_number(self) -> u8 {
        self.0.to_le_bytes()[0] & 0x7f
    }

    /// Returns the kind; `None` if the stream is damaged.
    pub(crate) fn kind(self) -> Option<EntryKind> {
        EntryKind::from_number(self.kind_number())
    }

    /// Returns the small argument.
    pub(crate) fn small(self) -> u8 {
        self.0.to_le_bytes()[1]
    }

    /// Returns the small argument as an outcome.
    pub(super) fn outcome(self) -> Outcome {
        outcome_from_number(self.small())
    }

    /// Returns the small argument as a span kind, or `Internal` if the number is unknown.
    pub(super) fn span_kind(self) -> SpanKind {
        SpanKind::from_number(self.small()).unwrap_or_default()
    }

    /// Returns the index of the key. For a piece, it is the length of the tracestate in
    /// bytes.
    pub(crate) fn index(self) -> u16 {
        let [_, _, low, high, ..] = self.0.to_le_bytes();
        u16::from_le_bytes([low, high])
    }

    /// Returns the large argument.
    pub(crate) fn large(self) -> u32 {
        let [_, _, _, _, bytes @ ..] = self.0.to_le_bytes();
        u32::from_le_bytes(bytes)
    }
}

/// Joins two numbers into one word.
pub(crate) const fn join_halves(low: u32, high: u32) -> u64 {
    low as u64 | (high as u64) << 32
}

/// Splits a word into its low half and its high half.
pub(super) const fn split_halves(word: u64) -> (u32, u32) {
    #[expect(clippy::cast_possible_truncation, reason = "the two halves are meant")]
    let halves = (word as u32, (word >> 32) as u32);
    halves
}

/// The small argument of a tag or field: the type of the value in the low four bits, and a
/// flag for the key.
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
    /// The key is an index in the list of the span's site, and not a text.
    pub(crate) const SITE_KEY: u8 = 0x10;
}

/// The bits in the small argument of an error.
pub(crate) mod error_bits {
    /// The error is also a log.
    pub(crate) const LOG: u8 = 1;
    /// The large argument is the number of the type, and not the length of its name.
    pub(crate) const NUMBERED_TYPE: u8 = 2;
}

/// Returns the outcome as a small argument.
pub(crate) const fn outcome_number(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Ok => 0,
        Outcome::Error => 1,
        Outcome::Panicked => 2,
        Outcome::Cancelled => 3,
    }
}

/// Returns the outcome of a small argument. An unknown number means cancelled, because
/// that claims neither success nor an error.
const fn outcome_from_number(number: u8) -> Outcome {
    match number {
        0 => Outcome::Ok,
        1 => Outcome::Error,
        2 => Outcome::Panicked,
        _ => Outcome::Cancelled,
    }
}

/// The status as a small argument. An unset status is never written.
pub(crate) mod status_number {
    pub(crate) const OK: u8 = 1;
    pub(crate) const ERROR: u8 = 2;
}
