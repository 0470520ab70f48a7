//! An entry as it is read: its words and texts, with their meaning.
//!
//! What is written is in [`record`](crate::record); how, in [`entry_kind`](super::entry_kind) and
//! [`header`](super::header).

use super::entry_kind::EntryKind;
use super::error_types::error_type_by_number;
use super::header::{Header, error_bits, split_halves, status_number, value_type};
use crate::value::{DroppedItems, Outcome, SpanKind, Timestamp};

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
    ContextSent,
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
    pub(crate) fn read(kind: EntryKind, header: Header, source: &mut impl Source<'a>) -> Self {
        match kind {
            EntryKind::Open => Self::Open(Open {
                site: header.large(),
                parent: source.word(),
                time: source.word(),
            }),
            EntryKind::Close => Self::Close(Close {
                outcome: header.outcome(),
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
                    tracestate: source.text(header.index().into()),
                }
            }
            EntryKind::End => Self::End,
        }
    }
}

impl Entry<'_> {
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
