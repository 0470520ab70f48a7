//! Writes what the application says about a span apart from tags and errors: logs, links, a
//! status, other names and kinds, and another start.
//!
//! Each function writes one entry, followed by the fields that belong to it. None checks
//! whether the span is open; the caller knows. The reader decides what wins if something is
//! said twice.

use std::panic::Location;

use super::append;
use super::field::{Key, field};
use super::moments::moment;
use super::text::{entry, length, with_text};
use crate::record::scope::entered;
use crate::record::thread::tag_input;
use crate::stream::{EntryKind, Header, join_halves, status_number};
use crate::value::{Link, SpanKind, Status, TagInput, TagSource, Timestamp};

/// Writes a log of a span, with its fields behind it. Fields belong to the last log or link of
/// their span, so nothing else may come in between.
pub(crate) fn log(span: u64, message: &str, fields: &[(&str, &dyn TagSource)]) {
    with_text(message, |message| {
        // The time of the call, read before the fields are evaluated, which may take long.
        let now = append::now();
        let header = Header::new(EntryKind::Log, 0, 0, length(message));
        entry([header.word(), span, now], [message]);
    });
    for (key, value) in fields {
        field(EntryKind::Field, span, Key::Text(key), tag_input(*value));
    }
}

/// Writes a link of a span, with its tags behind it as fields.
pub(crate) fn link(span: u64, link: &Link) {
    // Neither is cut here: `TraceState` has limits of its own.
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
        // A status that was set before stays, and a span without one is unset anyway.
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

/// Writes that a span's context was put into headers. Where the trace is assembled, a child
/// of this span is then expected from elsewhere.
pub(crate) fn context_sent(span: u64) {
    append::push([Header::new(EntryKind::ContextSent, 0, 0, 0).word(), span]);
    // The callee may be in this process. Its part and this one belong to one trace, which must
    // not be taken for complete when only one of them has ended.
    entered::note_call();
}

/// Writes the name, the kind and the place in the source of a span that is described at run
/// time, as far as its site does not have them.
pub(crate) fn description(span: u64, name: &str, kind: SpanKind, source: &Location<'_>) {
    with_text(name, |name| {
        let header = Header::new(EntryKind::Described, kind.as_number(), 0, length(name));
        let place = join_halves(source.line(), length(source.file()));
        entry([header.word(), span, place], [name, source.file()]);
    });
}

/// Writes that a span began at a time that the application gives.
pub(crate) fn started_at(span: u64, time: Timestamp) {
    moment(span, EntryKind::StartedAt, time);
}

/// Writes that a span that was elsewhere is back in its scope. What the scope says about it
/// from now on comes after all visits of a lower order; see `LocalTrace::order_after_visits`.
#[cold]
pub(in crate::record) fn moved_back(span: u64, order: u32) {
    append::push([Header::new(EntryKind::Moved, 0, 0, order).word(), span]);
}
