//! Trims a span that is too large.
//!
//! First the longest texts are cut, then logs, tags and links are left out, the last ones
//! first. The span counts what is left out.

use std::borrow::Cow;

use trace_core::{Log, Resource, SpanBatch, SpanRecord, SpanView, Status, Tag, TagArray, TagValue};

/// Texts are not cut below this length. Instead, items are left out.
const MIN_TEXT_BYTES: usize = 64;

/// Returns the span as `write` encodes it. It has at most `max_bytes` if it is enough to cut
/// texts and to leave out logs, tags, links and the trace state.
pub(super) fn trimmed(
    span: &SpanView<'_>,
    max_bytes: usize,
    mut write: impl FnMut(&mut Vec<u8>, &SpanView<'_>),
) -> Vec<u8> {
    let mut span = span.to_record();
    let mut encode = |span: &SpanRecord| {
        let mut out = Vec::new();
        let resource = Resource::new("");
        let spans = std::slice::from_ref(span);
        let batch = SpanBatch::from_records(&resource, spans);
        batch.spans().for_each(|view| write(&mut out, &view));
        out
    };
    let whole = encode(&span);
    // Each byte of a text takes at least one encoded byte, so this cuts enough, or everything
    // that can be cut.
    cut_texts(&mut span, whole.len().saturating_sub(max_bytes));
    for list in [leave_out_logs, leave_out_tags, leave_out_links] {
        let encoded = encode(&span);
        if encoded.len() <= max_bytes {
            return encoded;
        }
        let fits = |kept: usize| {
            let mut fewer = span.clone();
            list(&mut fewer, kept);
            encode(&fewer).len() <= max_bytes
        };
        let kept = most_that_fit(list(&mut span.clone(), usize::MAX), fits);
        list(&mut span, kept);
    }
    let encoded = encode(&span);
    if encoded.len() <= max_bytes {
        return encoded;
    }
    span.tracestate = trace_core::TraceState::default();
    encode(&span)
}

/// Returns a log of a span as `write` encodes it with a number of dropped fields. It has at
/// most `max_bytes` if it is enough to cut texts and to leave out fields.
pub(super) fn trimmed_log(
    span: &SpanView<'_>,
    log: &Log,
    max_bytes: usize,
    write: impl Fn(&mut Vec<u8>, &Log, u32),
) -> Vec<u8> {
    // The log is trimmed as a span whose name is the message and whose tags are the fields.
    let mut span = SpanRecord::new(span.trace_id(), span.span_id(), log.message.clone());
    span.tags.clone_from(&log.fields);
    let resource = Resource::new("");
    let batch = SpanBatch::from_records(&resource, std::slice::from_ref(&span));
    let trimmed_spans = batch.spans().map(|view| {
        trimmed(&view, max_bytes, |out, view| {
            let SpanRecord {
                operation_name,
                tags,
                dropped,
                ..
            } = view.to_record();
            let log = Log {
                time: log.time,
                message: operation_name,
                fields: tags,
            };
            write(out, &log, dropped.tags);
        })
    });
    trimmed_spans.flatten().collect()
}

/// Returns the largest number up to `count` for which `fits` holds; 0 if there is none.
fn most_that_fit(count: usize, mut fits: impl FnMut(usize) -> bool) -> usize {
    let (mut least, mut most) = (0, count);
    while least < most {
        let middle = most - (most - least) / 2;
        if fits(middle) {
            least = middle;
        } else {
            most = middle - 1;
        }
    }
    least
}

/// Keeps the first logs; returns how many there were.
fn leave_out_logs(span: &mut SpanRecord, kept: usize) -> usize {
    let count = span.logs.len();
    span.logs.truncate(kept);
    add(&mut span.dropped.logs, count - span.logs.len());
    count
}

fn leave_out_tags(span: &mut SpanRecord, kept: usize) -> usize {
    let count = span.tags.len();
    span.tags.truncate(kept);
    add(&mut span.dropped.tags, count - span.tags.len());
    count
}

fn leave_out_links(span: &mut SpanRecord, kept: usize) -> usize {
    let count = span.links.len();
    span.links.truncate(kept);
    add(&mut span.dropped.links, count - span.links.len());
    count
}

fn add(sum: &mut u32, more: usize) {
    *sum = sum.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
}

/// Cuts the longest texts to the same length, so that their total is `excess` bytes less.
fn cut_texts(span: &mut SpanRecord, excess: usize) {
    let mut lengths = Vec::new();
    for_each_text(span, |text| lengths.push(text.len()));
    lengths.sort_unstable_by_key(|length| std::cmp::Reverse(*length));
    let max = longest_kept(&lengths, excess).max(MIN_TEXT_BYTES);
    for_each_text(span, |text| cut(text, max));
}

/// Returns the length to which the longest of the texts are cut; `lengths` begins with them.
fn longest_kept(lengths: &[usize], excess: usize) -> usize {
    let mut sum = 0_usize;
    for (index, length) in lengths.iter().enumerate() {
        sum = sum.saturating_add(*length);
        let next = lengths.get(index + 1).copied().unwrap_or(0);
        let count = index + 1;
        // If these texts become as short as the next one, is that enough?
        if sum.saturating_sub(next.saturating_mul(count)) >= excess {
            return sum.saturating_sub(excess) / count;
        }
    }
    0
}

fn for_each_text(span: &mut SpanRecord, mut visit: impl FnMut(&mut Cow<'static, str>)) {
    visit(&mut span.operation_name);
    if let Status::Error(message) = &mut span.status {
        visit(message);
    }
    if let Some(source) = &mut span.source {
        visit(&mut source.file);
    }
    let mut of_tags = |tags: &mut Vec<Tag>| {
        for tag in tags {
            match &mut tag.value {
                TagValue::String(text) => visit(text),
                TagValue::Array(TagArray::String(texts)) => texts.iter_mut().for_each(&mut visit),
                _ => {}
            }
        }
    };
    of_tags(&mut span.tags);
    span.links
        .iter_mut()
        .for_each(|link| of_tags(&mut link.tags));
    for log in &mut span.logs {
        of_tags(&mut log.fields);
    }
    for log in &mut span.logs {
        visit(&mut log.message);
    }
}

fn cut(text: &mut Cow<'static, str>, max: usize) {
    if text.len() > max {
        let end = (0..=max).rev().find(|end| text.is_char_boundary(*end));
        let kept = text.get(..end.unwrap_or(0)).unwrap_or_default();
        *text = Cow::Owned(kept.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_texts_are_cut_to_one_length() {
        // 100 and 90 become 85 each: 20 bytes less.
        assert_eq!(longest_kept(&[100, 90, 10], 20), 85);
        assert_eq!(longest_kept(&[100, 90, 10], 5), 95);
        assert_eq!(longest_kept(&[100, 90, 10], 200), 0);
        assert_eq!(longest_kept(&[], 1), 0);
    }
}
