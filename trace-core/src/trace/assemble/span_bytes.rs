//! The memory of a span on the heap.
//!
//! The memory is computed from the fields of the span, without asking the allocator. A trace
//! collector uses it to bound its memory. Add every new field of a span that owns memory here.

use std::borrow::Cow;
use std::mem::size_of;
use std::sync::Arc;

use super::allocation::{heap_bytes, shared_bytes};
use super::service_names::ServiceNames;
use crate::value::{Link, Log, SpanRecord, Status, Tag, TagArray, TagValue, TraceState};

/// Returns the memory on the heap that a trace needs for a span, in bytes.
///
/// Memory that the span shares with the span `before` it in the trace does not count. Nor does
/// a name in `names`, which all traces share.
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

/// Returns the bytes that the span cannot share with another span.
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

/// Returns the bytes of a trace state; zero if it is empty, or shared with the one `before`.
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
