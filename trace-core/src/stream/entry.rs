//! The entries of a stream, word by word.
//!
//! Each begins with a header and the id of the span that it belongs to:
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
//! | entry | words after the header | texts |
//! |---|---|---|
//! | open | span, parent, time | |
//! | close | span, time | |
//! | tag, field | span, value (or bytes of a text, or items of an array), items | key, value |
//! | log | span, time | message |
//! | link | span, trace high, trace low, linked span | tracestate |
//! | status | span | message |
//! | error | span, time, bytes of the message | type if it has no number, message |
//! | name, service | span | the text |
//! | described | span, line (low half) and bytes of the file (high half) | name, file |
//! | role | span | |
//! | sent | span | |
//! | started at, ended at | span, nanoseconds since 1970 | |
//! | dropped | span, tags, logs, links | |
//! | moved | span | |
//! | piece | remote parent, trace high, trace low, part (low half) and looks at the clock (high half) | tracestate |
//! | end | zero | |
//!
//! The header of a piece has the number of its scope where others have the bytes of a text,
//! and the bytes of the tracestate where others have the index of a key. That of *moved* has
//! its order there. The part of a trace to which a scope belongs is named after its first
//! scope.

use super::type_name::type_of_number;
use crate::value::{DroppedItems, Outcome, SpanKind, Timestamp};

/// What an entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    // What is said of a span comes first, so that a set of these kinds has 16 bits.
    Tag = 1,
    Field,
    Log,
    Link,
    Status,
    Error,
    Name,
    Service,
    Described,
    Role,
    Sent,
    StartedAt,
    EndedAt,
    Dropped,
    Open,
    Close,
    Moved,
    Piece,
    End,
}

impl Kind {
    const ALL: [Self; 19] = [
        Self::Tag,
        Self::Field,
        Self::Log,
        Self::Link,
        Self::Status,
        Self::Error,
        Self::Name,
        Self::Service,
        Self::Described,
        Self::Role,
        Self::Sent,
        Self::StartedAt,
        Self::EndedAt,
        Self::Dropped,
        Self::Open,
        Self::Close,
        Self::Moved,
        Self::Piece,
        Self::End,
    ];

    /// Its bit in a set of kinds; none for those that say nothing of a span.
    #[inline]
    pub(crate) const fn bit(self) -> u16 {
        match 1_u16.checked_shl(self as u32) {
            Some(bit) => bit,
            None => 0,
        }
    }
}

/// The first word of an entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header(u64);

impl Header {
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn new(kind: Kind, small: u8, index: u16, large: u32) -> Self {
        Self(kind as u64 | (small as u64) << 8 | (index as u64) << 16 | (large as u64) << 32)
    }

    /// Makes the header of another kind of entry that names the same site.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn of_same_site(self, kind: Kind, small: u8, index: u16) -> Self {
        Self::new(kind, small, index, 0).at_site_of(self)
    }

    /// Adds the site that an opening names to a header that names none.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn at_site_of(self, open: Self) -> Self {
        // Of an opening only the kind and the site are set.
        Self((open.0 ^ Kind::Open as u64) | self.0)
    }

    pub(crate) const fn from_word(word: u64) -> Self {
        Self(word)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn word(self) -> u64 {
        self.0
    }

    const OF_NEWEST: u64 = 1 << 7;

    /// Says that the entry is of the newest span.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn of_newest(self) -> Self {
        Self(self.0 | Self::OF_NEWEST)
    }

    /// Says that this is the end of the newest span, so long after its opening; `None`
    /// if the header cannot hold that.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn end_of_newest(self, ticks: u64) -> Option<Self> {
        if ticks >> 48 != 0 {
            return None;
        }
        Some(Self(self.0 | Self::OF_NEWEST | ticks << 16))
    }

    pub(crate) const fn is_of_newest(self) -> bool {
        self.0 & Self::OF_NEWEST != 0
    }

    /// Ticks between the opening and the end of the newest span.
    const fn ticks(self) -> u64 {
        self.0 >> 16
    }

    fn kind_number(self) -> u8 {
        self.0.to_le_bytes()[0] & 0x7f
    }

    pub(crate) fn kind(self) -> Option<Kind> {
        let number = usize::from(self.kind_number());
        Kind::ALL.get(number.wrapping_sub(1)).copied()
    }

    pub(crate) fn small(self) -> u8 {
        self.0.to_le_bytes()[1]
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
pub(crate) const fn of_halves(low: u32, high: u32) -> u64 {
    low as u64 | (high as u64) << 32
}

const fn halves(word: u64) -> (u32, u32) {
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

const fn outcome_of(number: u8) -> Outcome {
    match number {
        0 => Outcome::Ok,
        1 => Outcome::Error,
        2 => Outcome::Panicked,
        _ => Outcome::Cancelled,
    }
}

/// The span kind as a small argument: its number in OTLP, where zero is unspecified.
pub(crate) const fn kind_number(kind: SpanKind) -> u8 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

const fn kind_of(number: u8) -> SpanKind {
    match number {
        2 => SpanKind::Server,
        3 => SpanKind::Client,
        4 => SpanKind::Producer,
        5 => SpanKind::Consumer,
        _ => SpanKind::Internal,
    }
}

/// The status as a small argument: unset, ok, error.
pub(crate) mod status_number {
    pub(crate) const OK: u8 = 1;
    pub(crate) const ERROR: u8 = 2;
}

/// An entry as read. Texts are borrowed from the chunk.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entry<'a> {
    Open(Open),
    Close(Close),
    Tag(FieldKey<'a>, FieldValue<'a>),
    Field(FieldKey<'a>, FieldValue<'a>),
    Log {
        time: u64,
        message: &'a str,
    },
    Link {
        trace_id: u128,
        span: u64,
        flags: u8,
        tracestate: &'a str,
    },
    Status {
        ok: bool,
        message: &'a str,
    },
    Error {
        time: u64,
        log: bool,
        type_name: &'a str,
        message: &'a str,
    },
    Name(&'a str),
    Service(&'a str),
    /// What the site of a span that is described at run time does not say.
    Described {
        name: &'a str,
        kind: SpanKind,
        file: &'a str,
        line: u32,
    },
    SpanKind(SpanKind),
    /// The span's context was put into headers.
    Sent,
    /// The span began then, and not when it was opened.
    StartedAt(Timestamp),
    /// The span ended then, and not when it was closed.
    EndedAt(Timestamp),
    /// What limits have cut off before.
    Dropped(DroppedItems),
    /// What the scope says of the span from here on, comes after what scopes of a lower
    /// order say of it.
    Moved {
        order: u32,
    },
    /// What follows is of this trace.
    Piece {
        /// The number of the scope.
        scope: u32,
        /// The number of the part of the trace that runs in this process and to which the
        /// scope belongs: what begins with a root or a remote parent.
        part: u32,
        /// By which look at the wall clock its times are to be read.
        looks: u32,
        trace_id: u128,
        flags: u8,
        tracestate: &'a str,
    },
    /// The trace has ended in this process.
    End,
}

/// An entry of one of the kinds that most are, in so far as it has to be known to go on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Plain {
    Open(Open),
    Close(Close),
    /// A tag whose key is a site's and whose value is no array.
    Tag,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    pub(crate) site: u32,
    pub(crate) parent: u64,
    pub(crate) time: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Close {
    pub(crate) outcome: Outcome,
    pub(crate) time: u64,
}

/// The key of a tag or field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FieldKey<'a> {
    Text(&'a str),
    Site { site: u32, index: u16 },
}

/// The value of a tag or field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FieldValue<'a> {
    Bool(bool),
    I64(i64),
    F64(f64),
    Str(&'a str),
    Bools(&'a [u64]),
    I64s(&'a [u64]),
    F64s(&'a [u64]),
    /// The bytes of each text, and all texts together.
    Texts(&'a [u64], &'a str),
}

/// Takes the pieces of one entry from the front of a chunk.
pub(crate) trait Source<'a> {
    fn word(&mut self) -> u64;

    /// The time of the newest span's opening.
    fn newest_time(&self) -> u64;

    fn double_word(&mut self) -> u128 {
        let high = self.word();
        u128::from(high) << 64 | u128::from(self.word())
    }

    fn words(&mut self, count: u64) -> &'a [u64];
    fn text(&mut self, bytes: u64) -> &'a str;
}

impl<'a> Entry<'a> {
    /// Reads what follows a header and the span's id.
    pub(crate) fn read(kind: Kind, header: Header, source: &mut impl Source<'a>) -> Self {
        match kind {
            Kind::Open => Self::Open(Open {
                site: header.large(),
                parent: source.word(),
                time: source.word(),
            }),
            Kind::Close => Self::Close(Close {
                outcome: outcome_of(header.small()),
                time: if header.is_of_newest() {
                    source.newest_time().wrapping_add(header.ticks())
                } else {
                    source.word()
                },
            }),
            Kind::Tag => {
                let (key, value) = read_field(header, source);
                Self::Tag(key, value)
            }
            Kind::Field => {
                let (key, value) = read_field(header, source);
                Self::Field(key, value)
            }
            Kind::Log => Self::Log {
                time: source.word(),
                message: source.text(header.large().into()),
            },
            Kind::Link => Self::Link {
                trace_id: source.double_word(),
                span: source.word(),
                flags: header.small(),
                tracestate: source.text(header.large().into()),
            },
            Kind::Status => Self::Status {
                ok: header.small() == status_number::OK,
                message: source.text(header.large().into()),
            },
            Kind::Error => {
                let time = source.word();
                let message_bytes = source.word();
                Self::Error {
                    time,
                    log: header.small() & error_bits::LOG != 0,
                    type_name: match header.small() & error_bits::NUMBERED_TYPE {
                        0 => source.text(header.large().into()),
                        _ => type_of_number(header.large()),
                    },
                    message: source.text(message_bytes),
                }
            }
            Kind::Name => Self::Name(source.text(header.large().into())),
            Kind::Service => Self::Service(source.text(header.large().into())),
            Kind::Described => {
                let (line, file_bytes) = halves(source.word());
                Self::Described {
                    name: source.text(header.large().into()),
                    kind: kind_of(header.small()),
                    file: source.text(file_bytes.into()),
                    line,
                }
            }
            Kind::Role => Self::SpanKind(kind_of(header.small())),
            Kind::Sent => Self::Sent,
            Kind::StartedAt => Self::StartedAt(Timestamp::from_unix_nanos(source.word())),
            Kind::EndedAt => Self::EndedAt(Timestamp::from_unix_nanos(source.word())),
            Kind::Dropped => {
                let mut count = || u32::try_from(source.word()).unwrap_or(u32::MAX);
                Self::Dropped(DroppedItems {
                    tags: count(),
                    logs: count(),
                    links: count(),
                })
            }
            Kind::Moved => Self::Moved {
                order: header.large(),
            },
            Kind::Piece => {
                let trace_id = source.double_word();
                let (part, looks) = halves(source.word());
                Self::Piece {
                    scope: header.large(),
                    part,
                    looks,
                    trace_id,
                    flags: header.small(),
                    tracestate: source.text(header.index().into()),
                }
            }
            Kind::End => Self::End,
        }
    }
}

impl Entry<'_> {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Open(_) => Kind::Open,
            Self::Close(_) => Kind::Close,
            Self::Tag(..) => Kind::Tag,
            Self::Field(..) => Kind::Field,
            Self::Log { .. } => Kind::Log,
            Self::Link { .. } => Kind::Link,
            Self::Status { .. } => Kind::Status,
            Self::Error { .. } => Kind::Error,
            Self::Name(_) => Kind::Name,
            Self::Service(_) => Kind::Service,
            Self::Described { .. } => Kind::Described,
            Self::SpanKind(_) => Kind::Role,
            Self::Sent => Kind::Sent,
            Self::StartedAt(_) => Kind::StartedAt,
            Self::EndedAt(_) => Kind::EndedAt,
            Self::Dropped(_) => Kind::Dropped,
            Self::Moved { .. } => Kind::Moved,
            Self::Piece { .. } => Kind::Piece,
            Self::End => Kind::End,
        }
    }
}

impl Plain {
    /// Reads what follows a header and the span's id; returns how many words and bytes
    /// of text that is, too. `None` if the entry is another one.
    #[inline]
    pub(crate) fn read(
        header: Header,
        words: &[u64],
        newest_time: impl FnOnce() -> u64,
    ) -> Option<(Self, u32, u32)> {
        const OPEN: u8 = Kind::Open as u8;
        const CLOSE: u8 = Kind::Close as u8;
        const TAG: u8 = Kind::Tag as u8;
        match (header.kind_number(), words) {
            (OPEN, &[parent, time, ..]) => {
                let site = header.large();
                Some((Self::Open(Open { site, parent, time }), 2, 0))
            }
            (CLOSE, _) if header.is_of_newest() => {
                let outcome = outcome_of(header.small());
                let time = newest_time().wrapping_add(header.ticks());
                Some((Self::Close(Close { outcome, time }), 0, 0))
            }
            (CLOSE, &[time, ..]) => {
                let outcome = outcome_of(header.small());
                Some((Self::Close(Close { outcome, time }), 1, 0))
            }
            (TAG, &[value, ..]) if header.small() & value_type::SITE_KEY != 0 => {
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

fn read_field<'a>(header: Header, source: &mut impl Source<'a>) -> (FieldKey<'a>, FieldValue<'a>) {
    let argument = source.word();
    let value_type = header.small() & value_type::TYPE;
    let items = match value_type {
        value_type::BOOLS..=value_type::TEXTS => source.words(argument),
        _ => &[],
    };
    let key = if header.small() & value_type::SITE_KEY == 0 {
        FieldKey::Text(source.text(header.large().into()))
    } else {
        FieldKey::Site {
            site: header.large(),
            index: header.index(),
        }
    };
    let value = match value_type {
        value_type::BOOL => FieldValue::Bool(argument != 0),
        value_type::I64 => FieldValue::I64(argument.cast_signed()),
        value_type::F64 => FieldValue::F64(f64::from_bits(argument)),
        value_type::TEXT => FieldValue::Str(source.text(argument)),
        value_type::BOOLS => FieldValue::Bools(items),
        value_type::I64S => FieldValue::I64s(items),
        value_type::F64S => FieldValue::F64s(items),
        _ => FieldValue::Texts(items, source.text(items.iter().sum())),
    };
    (key, value)
}
