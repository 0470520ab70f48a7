//! The limits and the precedence of a span's entries.
//!
//! Only this file decides which entries count. The index uses it to decide which entries
//! to keep, and a rewrite to decide which to copy. A view uses it to compute the
//! properties of a span.
//!
//! | entry | what counts | beyond the limit |
//! |---|---|---|
//! | tag | each key once: the last value, in the place of the first | counted: new keys |
//! | log, error that is logged | the first ones | counted |
//! | link | the first ones | counted |
//! | field | the first ones of the newest log or link; none if that was cut off | |
//! | status, error | ok, or else the newest message; a panic comes before both | |
//! | error | the newest type, even if its log was cut off | |
//! | name, described | the newest name | |
//! | span kind, described | the newest kind | |
//! | described | the newest place in the source | |
//! | service | the newest | |
//! | context sent | one is enough | |
//! | started at, ended at | the newest, instead of the clock; the end is not before the start | |
//! | dropped | the sum | |
//!
//! Invariant: a rewrite does not change the result. Suppose that the first entries of a
//! span are read, those that count are written, and these are read together with the rest.
//! The result is the same as if all entries were read at once. `decoder/tests/moves.rs`
//! checks this with random spans. A new kind of entry needs a row in this table, and an
//! arm in [`Counts::add`] and [`is_replaced`].

use crate::stream::{Entry, FieldKey, Site};
use crate::value::{DroppedItems, Limits, Outcome, SpanKind, Timestamp};

use crate::value::StatusRef;

/// How many of the limited items a span has.
///
/// They are only needed while the span is read. A finished span has only the counts of
/// items that were cut off.
#[derive(Debug)]
pub(super) struct Counts {
    /// Tags that were kept, with each key counted once.
    tags: u32,
    /// While there are fewer tags than this, a tag with a site's key is added without a
    /// search. At first it is the limit of tags. After the first key that is a text, it is
    /// zero, because the text may be the same as a key of the site.
    plain_tags: u32,
    /// Which keys that are texts the span may have: one bit for each hash.
    text_keys: u64,
    /// Logs and logged errors that were kept.
    logs: u32,
    /// Links that were kept.
    links: u32,
    /// Fields that were kept of the newest log or link.
    fields: u32,
    field_owner: FieldOwner,
}

/// The newest log or link of a span. The fields that follow belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldOwner {
    /// It was kept, or there is no log or link yet.
    Kept,
    /// It is a log that was cut off, and so are its fields.
    CutLog,
    /// It is a link that was cut off, and so are its fields.
    CutLink,
}

/// How much of an entry the limits admit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    Whole,
    /// An error without its log. Its status and its type still count.
    WithoutLog,
    /// Nothing. If a limit has cut the item off, it was counted.
    Nothing,
}

impl Counts {
    /// Makes the counts of a span without entries.
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            tags: 0,
            plain_tags: u32::try_from(limits.max_tags).unwrap_or(u32::MAX),
            text_keys: 0,
            logs: 0,
            links: 0,
            fields: 0,
            field_owner: FieldOwner::Kept,
        }
    }

    /// Counts a tag with a site's key if no search is needed: the key must be new, and the
    /// tag must fit. Returns whether it counted the tag.
    #[inline]
    pub(super) fn add_plain_tag(&mut self) -> bool {
        let is_plain = self.tags < self.plain_tags;
        self.tags += u32::from(is_plain);
        is_plain
    }

    /// Returns whether the span may already have a tag with this key. If not, no search is
    /// needed.
    pub(super) fn may_have(&self, key: FieldKey<'_>, site: &'static Site) -> bool {
        // Each key of a site is written at most once per span, so only a text can repeat
        // it.
        let of_site = match key {
            FieldKey::Text(text) => site.has_tag_key(text),
            FieldKey::Site { .. } => false,
        };
        of_site || (self.text_keys != 0 && self.text_keys & key_bit(key.text(site)) != 0)
    }

    /// Counts an entry, and returns how much of it is kept. A tag must have a new key,
    /// because a tag that replaces another one is not counted again.
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
                if fits && let FieldKey::Text(text) = key {
                    self.plain_tags = 0;
                    self.text_keys |= key_bit(text);
                }
                fits
            }
            Entry::Log { .. } => {
                let fits = fits(&mut self.logs, limits.max_logs, &mut dropped.logs);
                self.begin_fields(fits, FieldOwner::CutLog);
                fits
            }
            // The log of an error has no fields. Fields that follow belong to the log or
            // link before the error.
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
            // Fields that are cut off are not counted in `DroppedItems`.
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
            // The decoder handles these kinds itself. They are not attached to a span.
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

    /// Notes a new log or link, which may have been cut off.
    fn begin_fields(&mut self, fits: bool, cut: FieldOwner) {
        self.fields = 0;
        self.field_owner = if fits { FieldOwner::Kept } else { cut };
    }

    /// Returns the log or link to which the next fields belong.
    pub(super) fn field_owner(&self) -> FieldOwner {
        self.field_owner
    }
}

/// Returns the bit of a key in a set. Other keys may have the same bit.
fn key_bit(key: &str) -> u64 {
    /// Source: the constant of Fibonacci hashing.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    // Keys often begin with the same words, so their ends tell them apart.
    let end = match key.as_bytes().last_chunk() {
        Some(end) => u64::from_le_bytes(*end),
        None => key.bytes().fold(0, |end, byte| end << 8 | u64::from(byte)),
    };
    let hash = (end ^ key.len() as u64).wrapping_mul(FACTOR);
    1 << (hash >> 58)
}

/// Counts one item as kept if there is room, and otherwise as dropped. Returns whether it
/// is kept.
fn fits(count: &mut u32, max: usize, dropped: &mut u32) -> bool {
    let fits = (*count as usize) < max;
    let counter = if fits { count } else { dropped };
    *counter = counter.saturating_add(1);
    fits
}

/// Returns whether a later entry of the same kind replaces this one. Of such a kind, a
/// rewrite keeps only the newest entry, and the final one if there is one.
///
/// An error with a log is not replaced, because its log is kept. An error without a log is
/// replaced by any later error.
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

/// Returns whether this entry is final: no later entry can replace it. Only an ok status
/// is final. Source: OpenTelemetry specification, *Set Status*.
pub(super) fn is_final(entry: Entry<'_>) -> bool {
    matches!(entry, Entry::Status { ok: true, .. })
}

/// The message of a span whose body panicked.
const PANICKED: &str = "panicked";

/// Returns the status of a span from its outcome and its statuses and errors, in the order
/// in which they were written.
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

// Each of these functions returns one property of a span, if the entry sets it. A view
// uses the newest entry that does.

/// The name of an error's type.
pub(super) fn error_type(entry: Entry<'_>) -> Option<&str> {
    match entry {
        Entry::Error { type_name, .. } => Some(type_name),
        _ => None,
    }
}

/// The operation name.
pub(super) fn name(entry: Entry<'_>) -> Option<&str> {
    match entry {
        Entry::Name(name) | Entry::Described { name, .. } => Some(name),
        _ => None,
    }
}

/// The span kind.
pub(super) fn kind(entry: Entry<'_>) -> Option<SpanKind> {
    match entry {
        Entry::SpanKind(kind) | Entry::Described { kind, .. } => Some(kind),
        _ => None,
    }
}

/// The file and the line.
pub(super) fn source(entry: Entry<'_>) -> Option<(&str, u32)> {
    match entry {
        Entry::Described { file, line, .. } => Some((file, line)),
        _ => None,
    }
}

/// The name of the service.
pub(super) fn service(entry: Entry<'_>) -> Option<&str> {
    match entry {
        Entry::Service(service) => Some(service),
        _ => None,
    }
}

/// The start of the span that the application has set.
pub(super) fn start(entry: Entry<'_>) -> Option<Timestamp> {
    match entry {
        Entry::StartedAt(time) => Some(time),
        _ => None,
    }
}

/// The end of the span that the application has set.
pub(super) fn end(entry: Entry<'_>) -> Option<Timestamp> {
    match entry {
        Entry::EndedAt(time) => Some(time),
        _ => None,
    }
}
