//! Writes spans that have only times, and tags with keys of their sites: nearly all.
//!
//! Each byte is that of `span.rs`, which writes what this file leaves. What a site's spans
//! share is encoded once. A span is written into a room that is always in the cache.

use trace_core::__private::PlainSpan;
use trace_core::TagRef;

use super::field::{field_bytes, varint_bytes};
use super::room::{Block, Room, two_byte_length};
use super::sites::SiteFields;
use super::span_key as key;
use super::value::any;
use crate::facts;

/// Bytes of the key and the length before the fields of a span.
const PREFIX: usize = 3;

/// Writes a span as an item of a `ScopeSpans`. Returns its bytes; `None` if it needs more than
/// this can do.
#[inline]
pub(super) fn plain_span<'a>(
    bytes: &'a mut [u8],
    span: &PlainSpan<'_>,
    fields: &SiteFields,
) -> Option<&'a [u8]> {
    let site = fields.plain.as_ref()?;
    let (start, end) = span.times();
    let (start, end) = (start.as_unix_nanos(), end.as_unix_nanos());
    if start == 0 || end == 0 {
        return None;
    }
    let mut room = Room::new(bytes);
    room.put([key::SPANS, 0, 0, key::TRACE_ID, 16]);
    room.put(span.trace_id().to_bytes());
    room.put([key::SPAN_ID, 8]);
    room.put(span.span_id().to_bytes());
    if let Some(parent) = span.parent_span_id() {
        room.put([key::PARENT_SPAN_ID, 8]);
        room.put(parent.to_bytes());
    }
    room.put_block(&site.name_and_kind);
    room.put([key::START_TIME]);
    room.put(start.to_le_bytes());
    room.put([key::END_TIME]);
    room.put(end.to_le_bytes());
    for tag in span.tags() {
        let (index, value) = tag?;
        attribute(&mut room, site.keys.get(usize::from(index))?, value)?;
    }
    room.put_slice(&fields.source);
    room.put(key::FLAGS);
    room.put(facts::flags(span.flags(), span.parent_is_remote()).to_le_bytes());
    let length = u16::try_from(room.filled() - PREFIX).ok()?;
    let written = room.finish()?;
    // With another number of bytes for the length, all would have to be moved.
    if !(0x80..0x4000).contains(&length) {
        return None;
    }
    let [_, place @ ..] = written.first_chunk_mut::<PREFIX>()?;
    *place = two_byte_length(length);
    Some(written)
}

/// Writes an attribute, whose beginning is encoded; `None` for an array.
#[inline]
fn attribute(room: &mut Room<'_>, begin: &Block, value: TagRef<'_>) -> Option<()> {
    // The beginning ends with the key of the value.
    let total =
        |value_bytes: usize| begin.length() + varint_bytes(value_bytes as u64) + value_bytes;
    // The beginning, the length of the value, its key, and a length or a number of one byte.
    let short = begin.length() + 3;
    match value {
        TagRef::Str(text) if short + text.len() < 0x80 => {
            let length = u8::try_from(text.len()).ok()?;
            room.put([key::ATTRIBUTES, u8::try_from(short).ok()? + length]);
            room.put_block(begin);
            room.put([length + 2, any::STRING, length]);
            room.put_slice(text.as_bytes());
        }
        TagRef::I64(number @ 0..0x80) => {
            room.put([key::ATTRIBUTES, u8::try_from(short).ok()?]);
            room.put_block(begin);
            room.put([2, any::INT, u8::try_from(number).ok()?]);
        }
        TagRef::Str(text) => {
            let value_bytes = field_bytes(text.len());
            room.put([key::ATTRIBUTES]);
            room.put_length(total(value_bytes));
            room.put_block(begin);
            room.put_length(value_bytes);
            room.put([any::STRING]);
            room.put_length(text.len());
            room.put_slice(text.as_bytes());
        }
        TagRef::I64(number) => {
            let number = number.cast_unsigned();
            let value_bytes = 1 + varint_bytes(number);
            room.put([key::ATTRIBUTES]);
            room.put_length(total(value_bytes));
            room.put_block(begin);
            room.put_length(value_bytes);
            room.put([any::INT]);
            room.put_varint(number);
        }
        TagRef::Bool(is_true) => {
            room.put([key::ATTRIBUTES]);
            room.put_length(total(2));
            room.put_block(begin);
            room.put([2, any::BOOL, is_true.into()]);
        }
        TagRef::F64(number) => {
            room.put([key::ATTRIBUTES]);
            room.put_length(total(9));
            room.put_block(begin);
            room.put([9, any::DOUBLE]);
            room.put(number.to_le_bytes());
        }
        TagRef::Array(_) => return None,
    }
    Some(())
}
