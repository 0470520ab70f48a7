//! How much memory a span takes.

use std::borrow::Cow;
use std::mem::size_of;

use crate::id::SpanId;
use crate::span_record::{Link, Log, SpanRecord, Status};
use crate::tag::{Tag, TagArray, TagValue};

/// Returns the approximate size of a span in a trace, in bytes: its own, that of
/// what it owns on the heap, and that of its place in the trace's indices.
///
/// Texts that many spans share, as the service name, do not count.
pub(super) fn span_bytes(span: &SpanRecord) -> usize {
    // An entry of a hash map is at most twice its content, and the tree has nine
    // words for each span.
    const INDEX: usize = 2 * size_of::<(SpanId, usize)>() + 9 * size_of::<usize>();
    let status = match &span.status {
        Status::Error(message) => text_bytes(message),
        Status::Unset | Status::Ok => 0,
    };
    let source = span
        .source
        .as_ref()
        .map_or(0, |source| text_bytes(&source.file));
    let logs = span.logs.capacity() * size_of::<Log>();
    let links = span.links.capacity() * size_of::<Link>();
    size_of::<SpanRecord>()
        + INDEX
        + text_bytes(&span.operation_name)
        + status
        + source
        + tags_bytes(&span.tags)
        + logs
        + span.logs.iter().map(log_bytes).sum::<usize>()
        + links
        + span
            .links
            .iter()
            .map(|link| tags_bytes(&link.tags))
            .sum::<usize>()
}

fn log_bytes(log: &Log) -> usize {
    text_bytes(&log.message) + tags_bytes(&log.fields)
}

fn tags_bytes(tags: &Vec<Tag>) -> usize {
    let owned = tags
        .iter()
        .map(|tag| text_bytes(&tag.key) + value_bytes(&tag.value));
    tags.capacity() * size_of::<Tag>() + owned.sum::<usize>()
}

fn value_bytes(value: &TagValue) -> usize {
    match value {
        TagValue::Bool(_) | TagValue::I64(_) | TagValue::F64(_) => 0,
        TagValue::String(text) => text_bytes(text),
        TagValue::Array(TagArray::Bool(values)) => values.capacity(),
        TagValue::Array(TagArray::I64(values)) => values.capacity() * size_of::<i64>(),
        TagValue::Array(TagArray::F64(values)) => values.capacity() * size_of::<f64>(),
        TagValue::Array(TagArray::String(values)) => {
            values.capacity() * size_of::<Cow<'static, str>>()
                + values.iter().map(text_bytes).sum::<usize>()
        }
    }
}

#[expect(clippy::ptr_arg, reason = "whether it is owned is the question")]
fn text_bytes(text: &Cow<'static, str>) -> usize {
    match text {
        Cow::Borrowed(_) => 0,
        Cow::Owned(text) => text.capacity(),
    }
}
