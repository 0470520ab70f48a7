//! What the application says of a span besides its tags and errors: logs, links, a
//! status, other names and kinds, and that it started at another time.
//!
//! Each function is one entry, with the fields that belong to it. None asks whether the
//! span is open; the caller knows.

use std::panic::Location;

use super::append;
use super::field::{Key, field};
use super::moments::moment;
use super::text::{entry, length, with_text};
use crate::record::scope::entered;
use crate::record::thread::tag_input;
use crate::stream::{EntryKind, Header, join_halves, status_number};
use crate::value::{Link, SpanKind, Status, TagInput, TagSource, Timestamp};

/// Writes a log of a span.
pub(crate) fn log(span: u64, message: &str, fields: &[(&str, &dyn TagSource)]) {
    with_text(message, |message| {
        let now = append::now();
        let header = Header::new(EntryKind::Log, 0, 0, length(message));
        entry([header.word(), span, now], [message]);
    });
    for (key, value) in fields {
        field(EntryKind::Field, span, Key::Text(key), tag_input(*value));
    }
}

/// Writes a link of a span.
pub(crate) fn link(span: u64, link: &Link) {
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

/// Writes the status of the current span; unset says nothing.
pub(crate) fn status(span: u64, status: &Status) {
    let (number, message) = match status {
        // It would say nothing that is not so already.
        Status::Unset => return,
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

/// Writes an entry that has nothing but a text.
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

/// Writes that a span's context was put into headers.
pub(crate) fn context_sent(span: u64) {
    append::push([Header::new(EntryKind::ContextSent, 0, 0, 0).word(), span]);
    // The callee may be in this process: its part must not be taken for complete alone.
    entered::note_call();
}

/// Writes what the site of a span that is described at run time does not say.
pub(crate) fn description(span: u64, name: &str, kind: SpanKind, source: &Location<'_>) {
    with_text(name, |name| {
        let header = Header::new(EntryKind::Described, kind.as_number(), 0, length(name));
        let place = join_halves(source.line(), length(source.file()));
        entry([header.word(), span, place], [name, source.file()]);
    });
}

/// Writes that a span began at another time than that of its opening.
pub(crate) fn started_at(span: u64, time: Timestamp) {
    moment(span, EntryKind::StartedAt, time);
}

/// Writes that a span that was elsewhere is back in its scope.
#[cold]
pub(in crate::record) fn moved_back(span: u64, order: u32) {
    append::push([Header::new(EntryKind::Moved, 0, 0, order).word(), span]);
}
