//! What holds of all that was said of a span: limits and precedence.
//!
//! | entry | what holds | beyond the limit |
//! |---|---|---|
//! | tag | each key once: the last value, in the place of the first | counted: new keys |
//! | log, error that is logged | the first ones | counted |
//! | link | the first ones | counted |
//! | field | the first ones of the newest log or link; none if that was cut off | |
//! | status, error | ok, or else the newest message; that of a panic before both | |
//! | error | the newest type, even if its log was cut off | |
//! | name, described | the newest name | |
//! | span kind, described | the newest kind | |
//! | described | the newest place in the source | |
//! | service | the newest | |
//! | context sent | once is enough | |
//! | started at, ended at | the newest, before the clock's; the end is not before the start | |
//! | dropped | all of them are added up | |
//!
//! Rewriting keeps the result: reading the first entries of a span, writing out what holds of
//! them, and reading that with the rest gives the same as reading all entries at once.

use crate::stream::{Entry, FieldKey};
use crate::value::{DroppedItems, Limits, Outcome, SpanKind, Timestamp};

use crate::value::StatusRef;

/// How much one span has of what is limited.
#[derive(Debug)]
pub(super) struct Counts {
    tags: u32,
    /// So many tags with a site's key are added without a look at the others: all that
    /// fit, or none once there is one whose key is a text, as that may be the same.
    plain_tags: u32,
    logs: u32,
    links: u32,
    /// Fields of the newest log or link.
    fields: u32,
    field_owner: FieldOwner,
}

/// The newest log or link of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldOwner {
    /// It was kept, or there is none.
    Kept,
    CutLog,
    CutLink,
}

/// What is kept of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    Whole,
    /// All but the log of an error.
    WithoutLog,
    Nothing,
}

impl Counts {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            tags: 0,
            plain_tags: u32::try_from(limits.max_tags).unwrap_or(u32::MAX),
            logs: 0,
            links: 0,
            fields: 0,
            field_owner: FieldOwner::Kept,
        }
    }

    /// Counts a tag with a site's key that has no other one's key and fits; returns
    /// whether that is known.
    #[inline]
    pub(super) fn add_plain_tag(&mut self) -> bool {
        let is_plain = self.tags < self.plain_tags;
        self.tags += u32::from(is_plain);
        is_plain
    }

    /// Whether a tag of the span may have this key.
    pub(super) fn may_have(&self, key: FieldKey<'_>) -> bool {
        // Those of a site are written once.
        matches!(key, FieldKey::Text(_)) || self.plain_tags == 0
    }

    /// Counts an entry that is new, or one that is cut off.
    #[inline]
    pub(super) fn add(
        &mut self,
        entry: Entry<'_>,
        limits: &Limits,
        dropped: &mut DroppedItems,
    ) -> Admission {
        let fits = match entry {
            Entry::Tag(key, _) => {
                let fits = fits(&mut self.tags, limits.max_tags, &mut dropped.tags);
                if fits && matches!(key, FieldKey::Text(_)) {
                    self.plain_tags = 0;
                }
                fits
            }
            Entry::Log { .. } => {
                let fits = fits(&mut self.logs, limits.max_logs, &mut dropped.logs);
                self.begin_fields(fits, FieldOwner::CutLog);
                fits
            }
            Entry::Error { log: true, .. } => {
                if !fits(&mut self.logs, limits.max_logs, &mut dropped.logs) {
                    return Admission::WithoutLog;
                }
                true
            }
            Entry::Link { .. } => {
                let fits = fits(&mut self.links, limits.max_links, &mut dropped.links);
                self.begin_fields(fits, FieldOwner::CutLink);
                fits
            }
            Entry::Field(..) => {
                self.field_owner == FieldOwner::Kept
                    && fits(&mut self.fields, limits.max_fields, &mut 0)
            }
            Entry::Dropped(more) => {
                dropped.tags = dropped.tags.saturating_add(more.tags);
                dropped.logs = dropped.logs.saturating_add(more.logs);
                dropped.links = dropped.links.saturating_add(more.links);
                false
            }
            Entry::Status { .. }
            | Entry::Error { log: false, .. }
            | Entry::Name(_)
            | Entry::Service(_)
            | Entry::Described { .. }
            | Entry::SpanKind(_)
            | Entry::ContextSent
            | Entry::StartedAt(_)
            | Entry::EndedAt(_) => true,
            // They say nothing of the span itself.
            Entry::Open(_)
            | Entry::Close(_)
            | Entry::Moved { .. }
            | Entry::Piece { .. }
            | Entry::End => false,
        };
        if fits {
            Admission::Whole
        } else {
            Admission::Nothing
        }
    }

    fn begin_fields(&mut self, fits: bool, cut: FieldOwner) {
        self.fields = 0;
        self.field_owner = if fits { FieldOwner::Kept } else { cut };
    }

    /// What the fields that come next belong to.
    pub(super) fn field_owner(&self) -> FieldOwner {
        self.field_owner
    }
}

/// Counts one more, or one that is dropped; returns which.
fn fits(count: &mut u32, max: usize, dropped: &mut u32) -> bool {
    let fits = (*count as usize) < max;
    let counter = if fits { count } else { dropped };
    *counter = counter.saturating_add(1);
    fits
}

/// Whether of the entries of this kind no more than the newest holds, or else the one
/// that is final.
pub(super) fn is_replaced(entry: Entry<'_>) -> bool {
    !matches!(
        entry,
        Entry::Tag(..)
            | Entry::Field(..)
            | Entry::Log { .. }
            | Entry::Error { log: true, .. }
            | Entry::Link { .. }
    )
}

/// Whether nothing that comes after it changes what it says.
pub(super) fn is_final(entry: Entry<'_>) -> bool {
    matches!(entry, Entry::Status { ok: true, .. })
}

/// The message of a span whose body panicked.
const PANICKED: &str = "panicked";

/// Whether the work failed.
pub(super) fn status<'a>(
    outcome: Outcome,
    entries: impl Iterator<Item = Entry<'a>>,
) -> StatusRef<'a> {
    if outcome == Outcome::Panicked {
        return StatusRef::Error(PANICKED);
    }
    let mut status = StatusRef::Unset;
    for entry in entries {
        if is_final(entry) {
            return StatusRef::Ok;
        }
        if let Entry::Status { message, .. } | Entry::Error { message, .. } = entry {
            status = StatusRef::Error(message);
        }
    }
    status
}

pub(super) fn error_type(entry: Entry<'_>) -> Option<&str> {
    match entry {
        Entry::Error { type_name, .. } => Some(type_name),
        _ => None,
    }
}

pub(super) fn name(entry: Entry<'_>) -> Option<&str> {
    match entry {
        Entry::Name(name) | Entry::Described { name, .. } => Some(name),
        _ => None,
    }
}

pub(super) fn kind(entry: Entry<'_>) -> Option<SpanKind> {
    match entry {
        Entry::SpanKind(kind) | Entry::Described { kind, .. } => Some(kind),
        _ => None,
    }
}

pub(super) fn source(entry: Entry<'_>) -> Option<(&str, u32)> {
    match entry {
        Entry::Described { file, line, .. } => Some((file, line)),
        _ => None,
    }
}

pub(super) fn service(entry: Entry<'_>) -> Option<&str> {
    match entry {
        Entry::Service(service) => Some(service),
        _ => None,
    }
}

pub(super) fn start(entry: Entry<'_>) -> Option<Timestamp> {
    match entry {
        Entry::StartedAt(time) => Some(time),
        _ => None,
    }
}

pub(super) fn end(entry: Entry<'_>) -> Option<Timestamp> {
    match entry {
        Entry::EndedAt(time) => Some(time),
        _ => None,
    }
}
