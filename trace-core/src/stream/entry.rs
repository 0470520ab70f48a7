//! An entry as it is read: its words and texts, with their meaning.
//!
//! This is the one full reader of entries. [`PlainEntry`](super::PlainEntry) reads the
//! common ones faster and has to agree with it. [`record`](crate::record) writes entries,
//! as [`entry_kind`](super::entry_kind) and [`header`](super::header) lay them out.
//!
//! Reading does not apply limits, and does not say which of two entries wins. That is done
//! in [`decode`](super::decode).

use super::entry_kind::EntryKind;
use super::error_types::error_type_by_number;
use super::header::{Header, error_bits, split_halves, status_number, value_type};
use crate::value::{DroppedItems, Outcome, SpanKind, Timestamp};

/// An entry as read. Words and texts are borrowed from the chunk, so it costs no allocation.
///
/// Times are raw readings of the tracer's clock, unless they are a [`Timestamp`]. The id of
/// the span is not here: the reader returns it beside the entry.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entry<'a> {
    /// The span begins. Every span has exactly one opening, and conservation counts these.
    Open(Open),
    /// The span ends. Nothing of the same scope follows for it.
    Close(Close),
    /// A tag. The key may be that of an earlier tag: the newest value wins.
    Tag(FieldKey<'a>, FieldValue<'a>),
    /// A field of the log or link that was written last for the span.
    Field(FieldKey<'a>, FieldValue<'a>),
    /// A log. Its fields follow as entries of their own.
    Log { time: u64, message: &'a str },
    /// A link to a span. Its tags follow as fields. A trace or span of zero is no link: a
    /// rewrite writes one to stand for a link that was cut off.
    Link {
        trace_id: u128,
        span: u64,
        flags: u8,
        tracestate: &'a str,
    },
    /// The status that the application set. If it is ok, it has no message.
    Status { ok: bool, message: &'a str },
    /// An error: its message is a status, too, and its type a tag.
    Error {
        time: u64,
        /// Whether the error is a log as well. It is not if a child has logged it already.
        log: bool,
        /// The name of the error's type; empty if the number of the type is unknown.
        type_name: &'a str,
        message: &'a str,
    },
    /// Another operation name than the site's.
    Name(&'a str),
    /// Another service name than the tracer's.
    Service(&'a str),
    /// What the site does not say of a span that is described at run time.
    Described {
        name: &'a str,
        kind: SpanKind,
        file: &'a str,
        line: u32,
    },
    /// Another kind of span than the site's.
    SpanKind(SpanKind),
    /// The span's context was put into headers.
    ContextSent,
    /// When the span began, if that was not when it was opened.
    StartedAt(Timestamp),
    /// When the span ended, if that was not when it was closed.
    EndedAt(Timestamp),
    /// What the limits cut off earlier. Only a rewrite of the decoder writes it, so that
    /// the counts survive the rewrite.
    Dropped(DroppedItems),
    /// From here on, what this scope says of the span comes after all that scopes of a
    /// lower order say of it.
    Moved { order: u32 },
    /// A piece begins: what follows is of this trace, up to the next piece.
    Piece {
        /// The number of the scope that wrote the piece.
        scope: u32,
        /// The number of the part of the trace to which the scope belongs: the number of
        /// the part's first scope.
        part: u32,
        /// How often the clock had been looked at when the trace began. It says which
        /// anchor turns the times into wall-clock time.
        looks: u32,
        trace_id: u128,
        flags: u8,
        tracestate: &'a str,
    },
    /// The part of the trace has ended: no other piece of it follows in this process.
    End,
}

/// What an opening says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    /// The number of the site; [`SiteTable`](super::SiteTable) knows it.
    pub(crate) site: u32,
    /// The id of the parent; zero for the root of a trace.
    pub(crate) parent: u64,
    /// A raw reading of the tracer's clock.
    pub(crate) time: u64,
}

/// What an end says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Close {
    pub(crate) outcome: Outcome,
    /// A raw reading of the tracer's clock. Where the entry has ticks since the opening,
    /// they were added to the opening's time.
    pub(crate) time: u64,
}

/// The key of a tag or field.
///
/// A site's key and a text may be the same key. Each key of a site is written once a span,
/// so only a text can repeat a key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FieldKey<'a> {
    Text(&'a str),
    /// A place in the list of keys of a site. That is always the site of the span.
    Site {
        site: u32,
        index: u16,
    },
}

/// The value of a tag or field.
///
/// An array stays words here: a copy would have to be allocated. The decoder makes one when
/// it attaches the entry to a span.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FieldValue<'a> {
    Bool(bool),
    I64(i64),
    F64(f64),
    Str(&'a str),
    /// Each word is a bool; all but zero are true.
    Bools(&'a [u64]),
    /// Each word has the bits of an `i64`.
    I64s(&'a [u64]),
    /// Each word has the bits of an `f64`.
    F64s(&'a [u64]),
    /// The bytes of each text, and all texts one behind the other.
    Texts(&'a [u64], &'a str),
}

/// Takes the words and texts of one entry from the front of a chunk.
///
/// A source never fails: what is missing reads as zero or empty.
pub(crate) trait Source<'a> {
    /// Takes a word; zero if there is none.
    fn word(&mut self) -> u64;

    /// Returns the time of the newest span's opening, and takes nothing.
    fn newest_time(&self) -> u64;

    /// Takes two words, the high one first.
    fn double_word(&mut self) -> u128 {
        let high = self.word();
        u128::from(high) << 64 | u128::from(self.word())
    }

    /// Takes so many words; empty if there are fewer.
    fn words(&mut self, count: u64) -> &'a [u64];

    /// Takes so many bytes of text; empty if there are fewer, or if they would cut a
    /// character in two.
    fn text(&mut self, bytes: u64) -> &'a str;
}

impl<'a> Entry<'a> {
    /// Reads what follows a header and the span's id.
    ///
    /// The order of the calls is the layout: words as they were written, and texts in the
    /// order in which they were pushed. A text that is not read here would become the
    /// beginning of the next entry's text.
    pub(crate) fn read(kind: EntryKind, header: Header, source: &mut impl Source<'a>) -> Self {
        match kind {
            EntryKind::Open => Self::Open(Open {
                site: header.large(),
                parent: source.word(),
                time: source.word(),
            }),
            EntryKind::Close => Self::Close(Close {
                outcome: header.outcome(),
                // An end of the newest span has ticks instead of a time. The sum wraps, as
                // the difference did when it was written.
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
                // The header has the type's number or length, so the length of the message
                // has a word of its own.
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
                // Rust evaluates the fields in the order in which they stand here. It has to
                // be that in which `Chunk::push_dropped` writes them.
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
                    // The scope takes the large argument, so the length is in the index.
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

/// Reads what tags and fields share: a value and a key, in the words and texts that
/// `record/write/field.rs` writes.
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
