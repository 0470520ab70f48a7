//! Writes what the application records for a span besides tags and errors: logs, links, a
//! status, other names and kinds, and another start.
//!
//! Each function writes one entry, followed by its fields. The caller has checked that the
//! span is open. If a value is set twice, the reader decides which one counts.

use std::panic::Location;

use super::append;
use super::field::{Key, field};
use super::moments::moment;
use super::text::{entry, length, with_text};
use crate::record::scope::entered;
use crate::record::thread::tag_input;
use crate::stream::{EntryKind, Header, join_halves, status_number};
use crate::value::{Link, SpanKind, Status, TagInput, TagSource, Timestamp};

/// Writes a log of a span, followed by its fields. Fields belong to the last log or link of
/// their span, so no other entry of the span may come in between.
pub(crate) fn log(span: u64, message: &str, fields: &[(&str, &dyn TagSource)]) {
    with_text(message, |message| {
        // The time of the call. It is read before the fields are evaluated, which may take a
        // long time.
        let now = append::now();
        let header = Header::new(EntryKind::Log, 0, 0, length(message));
        entry([header.word(), span, now], [message]);
    });
    for (key, value) in fields {
        field(EntryKind::Field, span, Key::Text(key), tag_input(*value));
    }
}

/// Writes a log of a span with fields that are plain values.
pub(crate) fn log_of_plain<'a, 'b>(
    span: u64,
    message: &str,
    fields: impl Iterator<Item = (&'a str, TagInput<'b>)>,
) {
    log(span, message, &[]);
    for (key, value) in fields {
        field(EntryKind::Field, span, Key::Text(key), value);
    }
}

/// Writes a link of a span, followed by its tags as fields.
pub(crate) fn link(span: u64, link: &Link) {
    // The trace state is not cut here, because `TraceState` has its own limits.
    let tracestate = link.tracestate.as_str();
    let header = Header::new(EntryKind::Link, link.flags.as_byte(), 0, length(tracestate));
    let [high, low] = link.trace_id.to_words();
    let words = [header.word(), span, high, low, link.span_id.get()];
    entry(words, [tracestate]);
    for tag in &link.tags {
        field(
            EntryKind::Field,
            span,
            Key::Text(&tag.key),
            TagInput::Value(&tag.value),
        );
    }
}

/// Writes the status of a span. `Unset` writes nothing.
pub(crate) fn status(span: u64, status: &Status) {
    let (number, message) = match status {
        // An earlier status stays, and a span without a status is unset anyway.
        Status::Unset => return,
        // Only an error has a message, as in OpenTelemetry.
        Status::Ok => (status_number::OK, ""),
        Status::Error(message) => (status_number::ERROR, message.as_ref()),
    };
    with_text(message, |message| {
        let header = Header::new(EntryKind::Status, number, 0, length(message));
        entry([header.word(), span], [message]);
    });
}

/// Writes another operation name for a span.
pub(crate) fn operation_name(span: u64, name: &str) {
    text_entry(span, EntryKind::Name, name);
}

/// Writes another service name for a span.
pub(crate) fn service_name(span: u64, name: &str) {
    text_entry(span, EntryKind::Service, name);
}

/// Writes an entry that consists of a text, cut to the tracer's limit.
fn text_entry(span: u64, kind: EntryKind, text: &str) {
    with_text(text, |text| {
        entry([Header::new(kind, 0, 0, length(text)).word(), span], [text]);
    });
}

/// Writes another kind for a span.
pub(crate) fn kind(span: u64, kind: SpanKind) {
    append::push([
        Header::new(EntryKind::SpanKind, kind.as_number(), 0, 0).word(),
        span,
    ]);
}

/// Writes that a span's context was put into headers. A trace collector then expects a child
/// of this span from another process.
pub(crate) fn context_sent(span: u64) {
    append::push([Header::new(EntryKind::ContextSent, 0, 0, 0).word(), span]);
    // The callee may be in this process. Its part and this one belong to the same trace, which
    // must not count as complete when only one of them has ended.
    entered::note_call();
}

/// Writes the name, the kind and the source location of a span that is described at run time,
/// if its site does not have them.
pub(crate) fn description(span: u64, name: &str, kind: SpanKind, source: &Location<'_>) {
    with_text(name, |name| {
        let header = Header::new(EntryKind::Described, kind.as_number(), 0, length(name));
        let place = join_halves(source.line(), length(source.file()));
        entry([header.word(), span, place], [name, source.file()]);
    });
}

/// Writes the start time of a span that the application sets.
pub(crate) fn started_at(span: u64, time: Timestamp) {
    moment(span, EntryKind::StartedAt, time);
}

/// Writes that a moved span is back in its scope. Later entries of the scope come after all
/// visits of a lower order; see `LocalTrace::order_after_visits`.
#[cold]
pub(in crate::record) fn moved_back(span: u64, order: u32) {
    append::push([Header::new(EntryKind::Moved, 0, 0, order).word(), span]);
}
