//! How much memory a span takes.

use std::borrow::Cow;
use std::mem::size_of;
use std::sync::Arc;

use super::service_names::ServiceNames;
use crate::value::{Link, Log, SpanRecord, Status, Tag, TagArray, TagValue, TraceState};

/// Returns what an allocation of this size takes, in bytes.
///
/// What an allocator adds is glibc's and near to that of others: a word, rounded up to
/// 16 bytes, and at least 32. Of many small texts it is half of all.
pub(super) const fn heap_bytes(size: usize) -> usize {
    const LEAST: usize = 32;
    if size == 0 {
        return 0;
    }
    let taken = (size + size_of::<usize>()).next_multiple_of(16);
    if taken < LEAST { LEAST } else { taken }
}

/// Returns what a hash map or set takes that says this capacity.
pub(super) const fn table_bytes(capacity: usize, entry: usize) -> usize {
    // Of 8 places one stays free, and of 4; the number of places is a power of two.
    let places = match capacity {
        0 => return 0,
        1..4 => 4,
        4..8 => 8,
        _ => (capacity + capacity / 7).next_power_of_two(),
    };
    // A byte for each place, and for a group of 16 more.
    heap_bytes(places * (entry + 1) + 16)
}

/// Returns what a text takes that is shared by pointer, in bytes.
pub(super) const fn shared_bytes(text: &str) -> usize {
    // Two counts stand before it.
    heap_bytes(2 * size_of::<usize>() + text.len())
}

/// Returns what a trace has on the heap for a span, in bytes.
///
/// What it shares with the span `before` it in the trace does not count, nor do `names`
/// that all traces share.
pub(super) fn span_heap_bytes(
    span: &SpanRecord,
    before: Option<&SpanRecord>,
    names: &ServiceNames,
) -> usize {
    let name = &span.service_name;
    let has_name = before.is_some_and(|before| Arc::ptr_eq(&before.service_name, name));
    let name = if has_name || names.has(name) {
        0
    } else {
        shared_bytes(name)
    };
    let state = state_bytes(&span.tracestate, before.map(|before| &before.tracestate));
    own_bytes(span) + name + state
}

/// What nothing else shares, by its form.
fn own_bytes(span: &SpanRecord) -> usize {
    let status = match &span.status {
        Status::Error(message) => text_bytes(message),
        Status::Unset | Status::Ok => 0,
    };
    let source = span.source.as_ref();
    let source = source.map_or(0, |source| text_bytes(&source.file));
    let logs = span.logs.iter().map(log_bytes).sum::<usize>();
    let before = std::iter::once(None).chain(span.links.iter().map(Some));
    let links = span.links.iter().zip(before).map(|(link, before)| {
        let before = before.map(|before| &before.tracestate);
        tags_bytes(&link.tags) + state_bytes(&link.tracestate, before)
    });
    text_bytes(&span.operation_name)
        + status
        + source
        + tags_bytes(&span.tags)
        + heap_bytes(span.logs.capacity() * size_of::<Log>())
        + logs
        + heap_bytes(span.links.capacity() * size_of::<Link>())
        + links.sum::<usize>()
}

fn state_bytes(state: &TraceState, before: Option<&TraceState>) -> usize {
    if state.is_empty() || before.is_some_and(|before| before.is_shared_with(state)) {
        0
    } else {
        shared_bytes(state.as_str())
    }
}

fn log_bytes(log: &Log) -> usize {
    text_bytes(&log.message) + tags_bytes(&log.fields)
}

fn tags_bytes(tags: &Vec<Tag>) -> usize {
    let owned = tags
        .iter()
        .map(|tag| text_bytes(&tag.key) + value_bytes(&tag.value));
    heap_bytes(tags.capacity() * size_of::<Tag>()) + owned.sum::<usize>()
}

fn value_bytes(value: &TagValue) -> usize {
    match value {
        TagValue::Bool(_) | TagValue::I64(_) | TagValue::F64(_) => 0,
        TagValue::String(text) => text_bytes(text),
        TagValue::Array(TagArray::Bool(values)) => heap_bytes(values.capacity()),
        TagValue::Array(TagArray::I64(values)) => heap_bytes(values.capacity() * size_of::<i64>()),
        TagValue::Array(TagArray::F64(values)) => heap_bytes(values.capacity() * size_of::<f64>()),
        TagValue::Array(TagArray::String(values)) => {
            heap_bytes(values.capacity() * size_of::<Cow<'static, str>>())
                + values.iter().map(text_bytes).sum::<usize>()
        }
    }
}

#[expect(clippy::ptr_arg, reason = "whether it is owned is the question")]
fn text_bytes(text: &Cow<'static, str>) -> usize {
    match text {
        Cow::Borrowed(_) => 0,
        Cow::Owned(text) => heap_bytes(text.capacity()),
    }
}
