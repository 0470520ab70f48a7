//! The decoded form of an entry, and the reader that decodes it.
//!
//! This is the only reader that reads all kinds of entries.
//! [`PlainEntry`](super::PlainEntry) reads the common kinds faster, and `Chunk::plain_tag`
//! the common tags. Both have to agree with it. [`record`](crate::record) writes entries. [`entry_kind`](super::entry_kind) and
//! [`header`](super::header) describe their layout.
//!
//! The reader does not apply limits, and does not decide which of two entries wins.
//! [`decode`](super::decode) does both.

use super::entry_kind::EntryKind;
use super::error_types::error_type_by_number;
use super::header::{Header, error_bits, split_halves, status_number, value_type};
use crate::value::{DroppedItems, Outcome, SpanKind, Timestamp};

/// A decoded entry. It borrows words and texts from the chunk, so it allocates nothing.
///
/// A time is a raw reading of the tracer's clock, unless its type is [`Timestamp`]. The
/// entry does not contain the id of the span: the reader returns the id separately.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entry<'a> {
    /// The span begins. Every span has exactly one opening, so spans are counted by their
    /// openings.
    Open(Open),
    /// The span ends. The same scope writes no more entries for this span.
    Close(Close),
    /// A tag. If an earlier tag has the same key, the newest value wins.
    Tag(FieldKey<'a>, FieldValue<'a>),
    /// A field of the log or link that was written last for the span.
    Field(FieldKey<'a>, FieldValue<'a>),
    /// A log. Its fields follow as entries of their own.
    Log { time: u64, message: &'a str },
    /// A link to a span. Its tags follow as fields. If the trace or the span is zero, this
    /// is a placeholder: a rewrite writes it in place of a link that was cut off.
    Link {
        trace_id: u128,
        span: u64,
        flags: u8,
        tracestate: &'a str,
    },
    /// The status that the application has set. An ok status has no message.
    Status { ok: bool, message: &'a str },
    /// An error. It also sets the status, with its message, and the tag `error.type`.
    Error {
        time: u64,
        /// Whether the error is also a log. It is not if a child span has already logged
        /// it.
        log: bool,
        /// The name of the error's type; empty if the number of the type is unknown.
        type_name: &'a str,
        message: &'a str,
    },
    /// An operation name that replaces the site's.
    Name(&'a str),
    /// A service name that replaces the tracer's.
    Service(&'a str),
    /// Properties of a span that is described at run time. They replace those of the site.
    Described {
        name: &'a str,
        kind: SpanKind,
        file: &'a str,
        line: u32,
    },
    /// A span kind that replaces the site's.
    SpanKind(SpanKind),
    /// The span's context was written into headers.
    ContextSent,
    /// The start of the span, if the application has set it.
    StartedAt(Timestamp),
    /// The end of the span, if the application has set it.
    EndedAt(Timestamp),
    /// How many items the limits cut off earlier. Only a rewrite in the decoder writes it,
    /// to keep the counts.
    Dropped(DroppedItems),
    /// The order of the span's entries that follow in this scope. They come after all
    /// entries that scopes of a lower order have written for the span.
    Moved { order: u32 },
    /// A piece begins. All entries up to the next piece belong to this trace.
    Piece {
        /// The number of the scope that wrote the piece.
        scope: u32,
        /// The number of the scope's part of the trace. It is the number of the part's
        /// first scope.
        part: u32,
        /// The number of looks at the wall clock when the trace began. It selects the
        /// anchor that turns the times into wall-clock time.
        looks: u32,
        trace_id: u128,
        flags: u8,
        tracestate: &'a str,
    },
    /// The part of the trace has ended. No other piece of this part follows.
    End,
}

/// The content of an opening.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    /// The number of the site in the [`SiteTable`](super::SiteTable).
    pub(crate) site: u32,
    /// The id of the parent; zero for the root of a trace.
    pub(crate) parent: u64,
    /// A raw reading of the tracer's clock.
    pub(crate) time: u64,
}

/// The content of an end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Close {
    pub(crate) outcome: Outcome,
    /// A raw reading of the tracer's clock. If the entry contains only the ticks since the
    /// opening, the reader has added them to the opening's time.
    pub(crate) time: u64,
}

/// The key of a tag or field.
///
/// A site's key and a text may be the same key. Each key of a site is written at most once
/// per span, so only a text can repeat a key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FieldKey<'a> {
    Text(&'a str),
    /// An index in the list of keys of a site. The site is always the site of the span.
    Site {
        site: u32,
        index: u16,
    },
}

/// The value of a tag or field.
///
/// An array is kept as words here, because a copy would have to be allocated. The decoder
/// makes the copy when it attaches the entry to a span.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FieldValue<'a> {
    Bool(bool),
    I64(i64),
    F64(f64),
    Str(&'a str),
    /// Each word is a bool: zero is false, and every other value is true.
    Bools(&'a [u64]),
    /// Each word contains the bits of an `i64`.
    I64s(&'a [u64]),
    /// Each word contains the bits of an `f64`.
    F64s(&'a [u64]),
    /// The length of each text in bytes, and the concatenation of all texts.
    Texts(&'a [u64], &'a str),
}

/// Takes the words and texts of one entry from the front of a chunk.
///
/// A source never fails: missing words are zero, and missing texts are empty.
pub(crate) trait Source<'a> {
    /// Takes a word. Returns zero if there is none.
    fn word(&mut self) -> u64;

    /// Returns the time of the newest span's opening, without taking a word.
    fn newest_time(&self) -> u64;

    /// Takes two words, the high one first.
    fn double_word(&mut self) -> u128 {
        let high = self.word();
        u128::from(high) << 64 | u128::from(self.word())
    }

    /// Takes `count` words. Returns an empty slice if there are fewer.
    fn words(&mut self, count: u64) -> &'a [u64];

    /// Takes `bytes` bytes of text. Returns an empty text if there are fewer, or if the
    /// end would be within a character.
    fn text(&mut self, bytes: u64) -> &'a str;
}

impl<'a> Entry<'a> {
    /// Reads the words and texts that follow a header and the span's id.
    ///
    /// The order of the calls defines the layout. Words and texts have to be read in the
    /// order in which they were written. If this function skipped a text, the next entry
    /// would read it as its own.
    pub(crate) fn read(kind: EntryKind, header: Header, source: &mut impl Source<'a>) -> Self {
        match kind {
            EntryKind::Open => Self::Open(Open {
                site: header.large(),
                parent: source.word(),
                time: source.word(),
            }),
            EntryKind::Close => Self::Close(Close {
                outcome: header.outcome(),
                // An end of the newest span has ticks instead of a time. The writer
                // computed them with a wrapping subtraction, so the sum wraps, too.
                time: if header.is_of_newest() {
                    source.newest_time().wrapping_add(header.ticks())
                } else {
                    source.word()
                },
            }),
            EntryKind::Tag => {
                let (key, value) = read_field(header, source);
                Self::Tag(key, value)
            }
            EntryKind::Field => {
                let (key, value) = read_field(header, source);
                Self::Field(key, value)
            }
            EntryKind::Log => Self::Log {
                time: source.word(),
                message: source.text(header.large().into()),
            },
            EntryKind::Link => Self::Link {
                trace_id: source.double_word(),
                span: source.word(),
                flags: header.small(),
                tracestate: source.text(header.large().into()),
            },
            EntryKind::Status => Self::Status {
                ok: header.small() == status_number::OK,
                message: source.text(header.large().into()),
            },
            EntryKind::Error => {
                // The header contains the number of the type, or the length of its name.
                // So the length of the message has a word of its own.
                let time = source.word();
                let message_bytes = source.word();
                Self::Error {
                    time,
                    log: header.small() & error_bits::LOG != 0,
                    type_name: match header.small() & error_bits::NUMBERED_TYPE {
                        0 => source.text(header.large().into()),
                        _ => error_type_by_number(header.large()),
                    },
                    message: source.text(message_bytes),
                }
            }
            EntryKind::Name => Self::Name(source.text(header.large().into())),
            EntryKind::Service => Self::Service(source.text(header.large().into())),
            EntryKind::Described => {
                let (line, file_bytes) = split_halves(source.word());
                Self::Described {
                    name: source.text(header.large().into()),
                    kind: header.span_kind(),
                    file: source.text(file_bytes.into()),
                    line,
                }
            }
            EntryKind::SpanKind => Self::SpanKind(header.span_kind()),
            EntryKind::ContextSent => Self::ContextSent,
            EntryKind::StartedAt => Self::StartedAt(Timestamp::from_unix_nanos(source.word())),
            EntryKind::EndedAt => Self::EndedAt(Timestamp::from_unix_nanos(source.word())),
            EntryKind::Dropped => {
                // Rust evaluates the fields in source order. `Chunk::push_dropped` has to
                // write them in the same order.
                let mut count = || u32::try_from(source.word()).unwrap_or(u32::MAX);
                Self::Dropped(DroppedItems {
                    tags: count(),
                    logs: count(),
                    links: count(),
                })
            }
            EntryKind::Moved => Self::Moved {
                order: header.large(),
            },
            EntryKind::Piece => {
                let trace_id = source.double_word();
                let (part, looks) = split_halves(source.word());
                Self::Piece {
                    scope: header.large(),
                    part,
                    looks,
                    trace_id,
                    flags: header.small(),
                    // The large argument is the number of the scope, so the length is in
                    // the index.
                    tracestate: source.text(header.index().into()),
                }
            }
            EntryKind::End => Self::End,
        }
    }
}

impl Entry<'_> {
    /// Returns the kind of the entry.
    pub(crate) fn kind(&self) -> EntryKind {
        match self {
            Self::Open(_) => EntryKind::Open,
            Self::Close(_) => EntryKind::Close,
            Self::Tag(..) => EntryKind::Tag,
            Self::Field(..) => EntryKind::Field,
            Self::Log { .. } => EntryKind::Log,
            Self::Link { .. } => EntryKind::Link,
            Self::Status { .. } => EntryKind::Status,
            Self::Error { .. } => EntryKind::Error,
            Self::Name(_) => EntryKind::Name,
            Self::Service(_) => EntryKind::Service,
            Self::Described { .. } => EntryKind::Described,
            Self::SpanKind(_) => EntryKind::SpanKind,
            Self::ContextSent => EntryKind::ContextSent,
            Self::StartedAt(_) => EntryKind::StartedAt,
            Self::EndedAt(_) => EntryKind::EndedAt,
            Self::Dropped(_) => EntryKind::Dropped,
            Self::Moved { .. } => EntryKind::Moved,
            Self::Piece { .. } => EntryKind::Piece,
            Self::End => EntryKind::End,
        }
    }
}

/// Reads the key and the value of a tag or field. `record/write/field.rs` writes their
/// words and texts.
fn read_field<'a>(header: Header, source: &mut impl Source<'a>) -> (FieldKey<'a>, FieldValue<'a>) {
    // The value itself, the bytes of a text, or the number of an array's items.
    let argument = source.word();
    let value_type = header.small() & value_type::TYPE;
    let items = match value_type {
        value_type::BOOLS..=value_type::TEXTS => source.words(argument),
        _ => &[],
    };
    // The key's text comes before the value's.
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
        // `TEXTS`. A damaged type is read as an array without items.
        _ => FieldValue::Texts(items, source.text(items.iter().sum())),
    };
    (key, value)
}
