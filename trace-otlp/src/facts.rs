//! Writes facts that OTLP has no field for as attributes, and reads them back.
//!
//! JSON and protobuf share this code. The keys are in `conventions.rs`. The table in the
//! crate's docs describes each fact.

use std::fmt::Write;

use trace_core::{Outcome, SpanView, TagRef, TraceFlags, TraceId, TraceLosses};
#[cfg(any(feature = "json", feature = "protobuf-decode"))]
use trace_core::{StatusRef, Tag, TagArray, TagValue};

use crate::conventions::{self, key};

/// Facts that are written on a span but do not describe the span itself.
#[derive(Clone, Copy, Default)]
pub(crate) struct Said<'a> {
    /// How many parts of its trace have ended with it.
    pub(crate) ended_parts: u32,
    /// How many spans of its trace were lost, and why; see [`losses_text`].
    pub(crate) lost: Option<&'a str>,
    /// Whether parts of the span were left out, because it is too large.
    pub(crate) is_trimmed: bool,
}

impl Said<'_> {
    /// Returns whether there is anything to write.
    #[inline]
    pub(crate) const fn is_anything(&self) -> bool {
        self.ended_parts > 0 || self.lost.is_some() || self.is_trimmed
    }
}

/// Returns the attributes of a span: its tags, without those that its scope has if
/// `scope_is_tagged`, and then its facts.
#[cfg(feature = "json")]
pub(crate) fn attributes<'a>(
    span: &SpanView<'a>,
    scope_is_tagged: bool,
    said: Said<'a>,
) -> impl Iterator<Item = (&'a str, TagRef<'a>)> {
    let span = *span;
    let mut tags = span.tags().fuse();
    let mut shown = Shown::default();
    let mut facts = None;
    std::iter::from_fn(move || {
        for (key, value) in tags.by_ref() {
            let is_of_scope = shown.note(key, value);
            if !(is_of_scope && scope_is_tagged) {
                return Some((key, value));
            }
        }
        let facts = facts.get_or_insert_with(|| shown.facts(&span, said));
        facts.next()
    })
}

/// Returns the attributes with the place where a span was opened.
pub(crate) fn source(file: &str, line: u32) -> [(&str, TagRef<'_>); 2] {
    let (file, line) = (TagRef::Str(file), TagRef::I64(line.into()));
    [(key::FILE, file), (key::LINE, line)]
}

/// Returns the facts that tags cannot show. They are written after the outcome and the source.
pub(crate) fn others<'a>(
    span: &SpanView<'a>,
    said: Said<'a>,
) -> [Option<(&'a str, TagRef<'a>)>; 4] {
    let is_true = |key, it: bool| it.then_some((key, TagRef::Bool(true)));
    [
        is_true(key::CONTEXT_SENT, span.context_sent()),
        (said.ended_parts > 0).then(|| (key::ENDED_PARTS, TagRef::I64(said.ended_parts.into()))),
        said.lost.map(|text| (key::LOST_SPANS, TagRef::Str(text))),
        is_true(key::TRIMMED, said.is_trimmed),
    ]
}

/// Returns the `flags` of a span: those of the trace, and whether its parent is remote.
#[inline]
pub(crate) fn flags(of_trace: TraceFlags, parent_is_remote: bool) -> u32 {
    let remote = u32::from(parent_is_remote) * conventions::IS_REMOTE;
    u32::from(of_trace.as_byte()) | conventions::HAS_IS_REMOTE | remote
}

/// Returns start and end in nanoseconds since 1970. The end is never before the start, but
/// zero if it is not known.
pub(crate) fn times(span: &SpanView<'_>) -> (u64, u64) {
    let (start, end) = (span.start().as_unix_nanos(), span.end().as_unix_nanos());
    (start, if end == 0 { 0 } else { end.max(start) })
}

/// Returns whether a tag with this key is more to the facts than a tag: those that
/// [`Shown::note`] notes.
pub(crate) fn is_noted(key: &str) -> bool {
    let of_span = matches!(
        key,
        key::CANCELLED | key::ERROR_TYPE | key::FILE | key::LINE
    );
    of_span || matches!(key, key::SCOPE_NAME | key::SCOPE_VERSION)
}

/// What the tags of a span have shown so far. So they are read once.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Shown {
    cancelled: bool,
    panic: bool,
    has_cancelled: bool,
    has_error_type: bool,
    has_source: bool,
}

impl Shown {
    /// Notes a tag. Returns whether it names the scope.
    #[inline]
    pub(crate) fn note(&mut self, key: &str, value: TagRef<'_>) -> bool {
        match key {
            key::CANCELLED => {
                self.has_cancelled = true;
                self.cancelled |= value == TagRef::Bool(true);
            }
            key::ERROR_TYPE => {
                self.has_error_type = true;
                self.panic |= value == TagRef::Str(conventions::PANIC);
            }
            key::FILE | key::LINE => self.has_source = true,
            key::SCOPE_NAME | key::SCOPE_VERSION => return matches!(value, TagRef::Str(_)),
            _ => {}
        }
        false
    }

    /// Returns whether a tag says where the span was opened.
    #[inline]
    pub(crate) const fn has_source(&self) -> bool {
        self.has_source
    }

    /// Returns the facts that the tags have not shown.
    #[cfg(feature = "json")]
    fn facts<'a>(
        &self,
        span: &SpanView<'a>,
        said: Said<'a>,
    ) -> impl Iterator<Item = (&'a str, TagRef<'a>)> + use<'a> {
        let source = self.source(span).into_iter().flatten();
        let others = others(span, said).into_iter().flatten();
        self.outcome(span).into_iter().chain(source).chain(others)
    }

    /// Returns the attributes with the place where the span was opened, unless a tag has
    /// shown it.
    pub(crate) fn source<'a>(&self, span: &SpanView<'a>) -> Option<[(&'a str, TagRef<'a>); 2]> {
        let known = span.source().filter(|_| !self.has_source);
        known.map(|(file, line)| source(file, line))
    }

    /// Returns the attribute that shows the outcome, if status and tags do not.
    #[inline]
    pub(crate) fn outcome<'a>(&self, span: &SpanView<'a>) -> Option<(&'a str, TagRef<'a>)> {
        let outcome = span.outcome();
        let visible = visible(span.is_error(), self.cancelled, self.panic);
        if visible == outcome {
            return None;
        }
        Some(match (outcome, visible) {
            (Outcome::Cancelled, _) if !self.has_cancelled => (key::CANCELLED, TagRef::Bool(true)),
            (Outcome::Panicked, Outcome::Error) if !self.has_error_type => {
                (key::ERROR_TYPE, TagRef::Str(conventions::PANIC))
            }
            _ => (key::OUTCOME, TagRef::Str(outcome_name(outcome))),
        })
    }
}

fn visible(has_failed: bool, is_cancelled: bool, names_panic: bool) -> Outcome {
    match (is_cancelled, has_failed, names_panic) {
        (true, _, _) => Outcome::Cancelled,
        (false, true, true) => Outcome::Panicked,
        (false, true, false) => Outcome::Error,
        (false, false, _) => Outcome::Ok,
    }
}

/// Returns the outcome that status and tags show.
#[cfg(any(feature = "json", feature = "protobuf-decode"))]
pub(crate) fn visible_outcome<'a>(
    status: StatusRef<'_>,
    tags: impl IntoIterator<Item = (&'a str, TagRef<'a>)>,
) -> Outcome {
    let mut shown = Shown::default();
    for (key, value) in tags {
        shown.note(key, value);
    }
    let has_failed = matches!(status, StatusRef::Error(_));
    visible(has_failed, shown.cancelled, shown.panic)
}

/// Returns the value of `trace_core.outcome`.
pub(crate) const fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Error => "error",
        Outcome::Panicked => "panicked",
        Outcome::Cancelled => "cancelled",
    }
}

/// Reads the value of `trace_core.outcome`.
#[cfg(any(feature = "json", feature = "protobuf-decode"))]
pub(crate) fn outcome_from_name(name: &str) -> Option<Outcome> {
    [
        Outcome::Ok,
        Outcome::Error,
        Outcome::Panicked,
        Outcome::Cancelled,
    ]
    .into_iter()
    .find(|outcome| outcome_name(*outcome) == name)
}

/// The word of [`TraceLosses::is_at_least`] in a text.
const AT_LEAST: &str = "at_least";

/// Returns losses as text, such as `queue=3, panic=1, at_least`.
pub(crate) fn losses_text(losses: &TraceLosses) -> String {
    let mut losses = *losses;
    let mut text = String::new();
    for (name, count) in counts(&mut losses) {
        if *count > 0 {
            let separator = if text.is_empty() { "" } else { ", " };
            // Writing to memory does not fail.
            let _ = write!(text, "{separator}{name}={count}");
        }
    }
    if losses.is_at_least {
        text.push_str(if text.is_empty() { "" } else { ", " });
        text.push_str(AT_LEAST);
    }
    text
}

/// Reads losses. An unknown reason counts as `queue`, so that no loss is dropped. `None` if
/// the text does not describe losses.
#[cfg(any(feature = "json", feature = "protobuf-decode"))]
pub(crate) fn losses_from_text(text: &str) -> Option<TraceLosses> {
    let mut losses = TraceLosses::default();
    for word in text.split(", ") {
        if word == AT_LEAST {
            losses.is_at_least = true;
            continue;
        }
        let (name, count) = word.split_once('=')?;
        let count: u32 = count.parse().ok()?;
        let mut counts = counts(&mut losses);
        let index = counts.iter().position(|(known, _)| *known == name);
        if let Some((_, sum)) = counts.get_mut(index.unwrap_or(0)) {
            **sum = sum.saturating_add(count);
        }
    }
    Some(losses)
}

fn counts(losses: &mut TraceLosses) -> [(&'static str, &mut u32); 5] {
    [
        ("queue", &mut losses.queue),
        ("limit", &mut losses.limit),
        ("lane", &mut losses.lane),
        ("panic", &mut losses.panic),
        ("shutdown", &mut losses.shutdown),
    ]
}

/// Returns the losses of a trace as an item of a scope's list: its id, a space, and the text.
pub(crate) fn trace_losses_text(trace: TraceId, losses: &str) -> String {
    format!("{trace} {losses}")
}

/// Reads an item of a scope's list.
#[cfg(any(feature = "json", feature = "protobuf-decode"))]
fn trace_losses_from_text(text: &str) -> Option<(TraceId, TraceLosses)> {
    let (trace, losses) = text.split_once(' ')?;
    Some((trace.parse().ok()?, losses_from_text(losses)?))
}

/// What a tracer has reported about traces, in addition to their spans.
#[cfg(any(feature = "json", feature = "protobuf-decode"))]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceReports {
    /// The traces of which a part has ended in the process that sent them, once for each part.
    /// No later request has spans of that part.
    pub ended: Vec<TraceId>,
    /// The traces that have lost spans in that process. A trace may be there more than once.
    pub losses: Vec<(TraceId, TraceLosses)>,
    /// Whether that process reports the ends of parts at all.
    pub reports_ends: bool,
}

/// Most parts that may have ended with one span: about as many as a batch has spans.
#[cfg(any(feature = "json", feature = "protobuf-decode"))]
const MAX_ENDED_PARTS: usize = 4_096;

#[cfg(any(feature = "json", feature = "protobuf-decode"))]
impl TraceReports {
    /// Moves the reports out of a span's tags. `spans` is the number of spans so far. A sender
    /// can report at most that many ends, plus [`MAX_ENDED_PARTS`].
    pub(crate) fn take_from_span(&mut self, trace: TraceId, tags: &mut Vec<Tag>, spans: usize) {
        tags.retain(|tag| match (&*tag.key, &tag.value) {
            (key::ENDED_PARTS, TagValue::I64(count)) if *count > 0 => {
                let count = usize::try_from(*count).unwrap_or(usize::MAX);
                let most = spans.saturating_add(MAX_ENDED_PARTS);
                let count = count.min(most.saturating_sub(self.ended.len()));
                self.ended.extend(std::iter::repeat_n(trace, count));
                self.reports_ends = true;
                false
            }
            (key::LOST_SPANS, TagValue::String(text)) => match losses_from_text(text) {
                Some(losses) => {
                    self.losses.push((trace, losses));
                    false
                }
                None => true,
            },
            _ => true,
        });
    }

    /// Reads the reports in the attributes of a scope.
    ///
    /// Reports about traces are written only on a scope without spans. A program that splits a
    /// request copies a scope with spans into each piece, so a report on such a scope would
    /// count several times.
    pub(crate) fn read_scope(&mut self, attributes: &[Tag], has_spans: bool) {
        for Tag { key, value } in attributes {
            match (&**key, value) {
                (key::REPORTS_ENDS, TagValue::Bool(true)) => self.reports_ends = true,
                _ if has_spans => {}
                (key::ENDED_TRACES, TagValue::Array(TagArray::String(traces))) => {
                    for trace in traces.iter().filter_map(|trace| trace.parse().ok()) {
                        self.ended.push(trace);
                    }
                }
                (key::LOST_SPANS, TagValue::Array(TagArray::String(texts))) => {
                    let losses = texts.iter();
                    let losses = losses.filter_map(|text| trace_losses_from_text(text));
                    self.losses.extend(losses);
                }
                _ => {}
            }
        }
    }
}

/// Removes the tag that says that the context of a span was sent. Returns whether it was sent.
#[cfg(any(feature = "json", feature = "protobuf-decode"))]
pub(crate) fn take_context_sent(tags: &mut Vec<Tag>) -> bool {
    let index = tags
        .iter()
        .position(|tag| tag.key == key::CONTEXT_SENT && tag.value == TagValue::Bool(true));
    index.map(|index| tags.remove(index)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_of_a_tag_is_named_by_its_key() {
        let keys = [
            key::CANCELLED,
            key::ERROR_TYPE,
            key::FILE,
            key::LINE,
            key::SCOPE_NAME,
            key::SCOPE_VERSION,
            key::SERVICE_NAME,
            "http.route",
        ];
        for key in keys {
            let mut shown = Shown::default();
            let is_of_scope = shown.note(key, TagRef::Str("text"));
            let is_noted = is_of_scope || shown != Shown::default();
            assert_eq!(is_noted, super::is_noted(key), "{key}");
        }
    }
}
