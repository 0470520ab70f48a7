//! Writes entries to the stream of the running scope.

pub(in crate::record) mod append;
mod formatted;
mod last_failure;
pub(in crate::record) mod text_limit;

use std::fmt;
use std::panic::Location;

use crate::record::kept::RECORDS;
use crate::record::scope::entered;
use crate::record::thread::tag_input;
use crate::record::thread::{self, Hot};
use crate::record::trace::home::SpanEnd;
use crate::record::trace::tracer_core::SHORT_TEXT;
use crate::record::write::formatted::{Formatted, with_formatted};
use crate::stream::{
    Header, Kind, Site, error_bits, kind_number, number_of_type, of_halves, outcome_number,
    status_number, value_type,
};
use crate::value::limits::cut;
use crate::value::{
    Limits, Link, Outcome, SpanId, SpanKind, Status, TagArray, TagInput, TagSource, TagValue,
    Timestamp,
};

/// The key of a tag or field that is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key<'a> {
    Text(&'a str),
    Site(&'static Site, usize),
}

/// Opens a span below the current one and makes it the current one. Returns it
/// and its parent.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn open(site: &'static Site) -> (u64, u64) {
    append::open(site.header().word())
}

/// Opens a span below another one than the current one, and makes it the current one.
/// Returns it and the one that was current.
pub(in crate::record) fn open_below(site: &'static Site, parent: u64) -> (u64, u64) {
    append::open_below(site.header().word(), parent)
}

/// Opens a span whose id is given.
pub(crate) fn open_as(site: &'static Site, span: SpanId) -> (u64, u64) {
    let parent = append::open_as(site.header().word(), span.get());
    (span.get(), parent)
}

/// Ends a span and makes `parent` the current one.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn close(span: u64, parent: u64, outcome: Outcome) {
    let header = Header::new(Kind::Close, outcome_number(outcome), 0, 0);
    append::close(header, span, parent);
}

/// The same for a span that ends well, if it is the newest and the current one; returns
/// whether that is so.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn close_newest(span: u64, parent: u64) -> bool {
    let header = Header::new(Kind::Close, outcome_number(Outcome::Ok), 0, 0);
    thread::close_newest(header, span, parent)
}

/// Writes that a span ends now, and leaves the current span what it is.
#[inline]
pub(in crate::record) fn end_now(span: u64, outcome: Outcome) {
    let header = Header::new(Kind::Close, outcome_number(outcome), 0, 0);
    append::end(header, span, append::now());
}

/// Writes the end of a span, and leaves the current span what it is.
pub(in crate::record) fn end(end: &SpanEnd) {
    if let Some(time) = end.ended_at {
        ended_at(end.span, time);
    }
    let header = Header::new(Kind::Close, outcome_number(end.outcome), 0, 0);
    append::end(header, end.span, end.time);
}

/// The current span, if it is the running scope's to write to.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn own_span() -> Option<u64> {
    match thread::own_span() {
        0 => None,
        span => Some(span),
    }
}

/// The same, for something that is said now: where a trace is recorded and there is no
/// such span, what is lost is counted.
#[inline]
pub(crate) fn own_span_or_count() -> Option<u64> {
    let span = own_span();
    if span.is_none() && thread::scope() != 0 {
        entered::count_unattached();
    }
    span
}

/// Writes a tag of the current span, if that is the scope's to write to, whose key is one of
/// a site's.
///
/// Inlined, so that a value whose type is known is not looked at; what writes a number or a
/// short text is compiled once.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn site_tag(site: &'static Site, index: usize, value: TagInput<'_>) {
    if !RECORDS {
        return;
    }
    if let Some((value_type, word)) = value.as_word() {
        let tag = site_tag_half(index, value_type);
        thread::with(|hot| site_word(hot, site, tag, word));
    } else if let TagInput::Str(text) = value {
        let tag = site_tag_half(index, value_type::TEXT);
        thread::with(|hot| site_text(hot, site, tag, text));
    } else {
        site_field(site, index, value);
    }
}

/// What the header of a tag has besides the site's number: known when the caller is compiled.
#[cfg_attr(not(debug_assertions), inline(always))]
fn site_tag_half(index: usize, value_type: u8) -> Header {
    let index = u16::try_from(index).unwrap_or(u16::MAX);
    Header::new(Kind::Tag, value_type | value_type::SITE_KEY, index, 0)
}

// These two call nothing but, at their end, what is rare, and hand on what they were given:
// so they save no registers.

/// Writes a tag of the current span whose value is one word.
#[inline(never)]
fn site_word(hot: &Hot, site: &'static Site, tag: Header, word: u64) {
    let open = site.known_header();
    if open == 0 || !hot.put_own_word(tag.at_site_of(Header::from_word(open)), word) {
        site_word_slowly(site, tag, word);
    }
}

#[cold]
#[inline(never)]
fn site_word_slowly(site: &'static Site, tag: Header, word: u64) {
    if let Some(span) = own_span() {
        append::push_word(tag.at_site_of(site.header()), span, word);
    }
}

/// Writes a tag of the current span whose value is a text.
#[inline(never)]
fn site_text(hot: &Hot, site: &'static Site, tag: Header, text: &str) {
    let open = site.known_header();
    if open == 0
        || text.len() > SHORT_TEXT
        || !hot.put_own_text(tag.at_site_of(Header::from_word(open)), text)
    {
        site_text_slowly(site, tag, text);
    }
}

#[cold]
#[inline(never)]
fn site_text_slowly(site: &'static Site, tag: Header, text: &str) {
    site_field(site, tag.index().into(), TagInput::Str(text));
}

/// Writes any tag of the current span.
#[inline(never)]
fn site_field(site: &'static Site, index: usize, value: TagInput<'_>) {
    if let Some(span) = own_span() {
        field(Kind::Tag, span, Key::Site(site, index), value);
    }
}

/// Writes a tag of a span whose key is a text. Inlined for the same reason.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn named_tag(span: u64, key: &str, value: TagInput<'_>) {
    let header = |value_type| field_header(Kind::Tag, value_type, Key::Text(key));
    let is_written = if let Some((value_type, word)) = value.as_word() {
        thread::push_named_word(header(value_type), span, word, key)
    } else if let TagInput::Str(text) = value
        && text.len() <= SHORT_TEXT
        && thread::is_plain()
    {
        thread::push_named_text(header(value_type::TEXT), span, key, text)
    } else {
        false
    };
    if !is_written {
        field(Kind::Tag, span, Key::Text(key), value);
    }
}

/// Writes a log of a span.
pub(crate) fn log(span: u64, message: &str, fields: &[(&str, &dyn TagSource)]) {
    with_text(message, |message| {
        let now = append::now();
        let header = Header::new(Kind::Log, 0, 0, length(message));
        entry([header.word(), span, now], [message]);
    });
    for (key, value) in fields {
        field(Kind::Field, span, Key::Text(key), tag_input(*value));
    }
}

/// Writes a link of a span.
pub(crate) fn link(span: u64, link: &Link) {
    let tracestate = link.tracestate.as_str();
    let header = Header::new(Kind::Link, link.flags.as_byte(), 0, length(tracestate));
    let [high, low] = link.trace_id.to_words();
    let words = [header.word(), span, high, low, link.span_id.get()];
    entry(words, [tracestate]);
    for tag in &link.tags {
        field(
            Kind::Field,
            span,
            Key::Text(&tag.key),
            TagInput::Value(&tag.value),
        );
    }
}

/// Writes the status of the current span; unset says nothing.
pub(crate) fn status(span: u64, status: &Status) {
    let (number, message) = match status {
        Status::Unset => return,
        Status::Ok => (status_number::OK, ""),
        Status::Error(message) => (status_number::ERROR, message.as_ref()),
    };
    with_text(message, |message| {
        let header = Header::new(Kind::Status, number, 0, length(message));
        entry([header.word(), span], [message]);
    });
}

/// Writes an error of the current span, if that is the scope's to write to: its status, its
/// type, and a log, if it is asked for and no child has logged the error already.
pub(crate) fn own_error(type_name: &'static str, message: &dyn fmt::Display, log: bool) {
    error(0, type_name, message, log);
}

/// The same of a span; zero is the current one.
#[inline(never)]
pub(crate) fn error(span: u64, type_name: &'static str, message: &dyn fmt::Display, log: bool) {
    let span = if span == 0 { thread::own_span() } else { span };
    if span == 0 {
        return;
    }
    with_formatted(message, |message| {
        let came_through = thread::has_failed_child(span) && last_failure::is_in(message);
        last_failure::note(message);
        let log = if log && !came_through {
            error_bits::LOG
        } else {
            0
        };
        let (header, type_name) = match number_of_type(type_name) {
            Some(number) => {
                let small = log | error_bits::NUMBERED_TYPE;
                (Header::new(Kind::Error, small, 0, number), "")
            }
            None => {
                let length = length(type_name);
                (Header::new(Kind::Error, log, 0, length), type_name)
            }
        };
        if let Formatted::Short(message) = message
            && type_name.is_empty()
            && thread::push_error(header, span, message)
        {
            return;
        }
        any_error(header, span, type_name, message.as_str());
    });
}

#[cold]
#[inline(never)]
fn any_error(header: Header, span: u64, type_name: &str, message: &str) {
    let words = [header.word(), span, append::now(), message.len() as u64];
    entry(words, [type_name, message]);
}

/// Writes another operation name for a span.
pub(crate) fn operation_name(span: u64, name: &str) {
    text_entry(span, Kind::Name, name);
}

/// Writes another service name for a span.
pub(crate) fn service_name(span: u64, name: &str) {
    text_entry(span, Kind::Service, name);
}

fn text_entry(span: u64, kind: Kind, text: &str) {
    with_text(text, |text| {
        entry([Header::new(kind, 0, 0, length(text)).word(), span], [text]);
    });
}

/// Writes another kind for a span.
pub(crate) fn kind(span: u64, kind: SpanKind) {
    append::push([
        Header::new(Kind::Role, kind_number(kind), 0, 0).word(),
        span,
    ]);
}

/// Writes that a span's context was put into headers.
pub(crate) fn context_sent(span: u64) {
    append::push([Header::new(Kind::Sent, 0, 0, 0).word(), span]);
    entered::note_call();
}

/// Writes what the site of a span that is described at run time does not say.
pub(crate) fn description(span: u64, name: &str, kind: SpanKind, source: &Location<'_>) {
    with_text(name, |name| {
        let header = Header::new(Kind::Described, kind_number(kind), 0, length(name));
        let place = of_halves(source.line(), length(source.file()));
        entry([header.word(), span, place], [name, source.file()]);
    });
}

/// Writes that a span began at another time than that of its opening.
pub(crate) fn started_at(span: u64, time: Timestamp) {
    moment(span, Kind::StartedAt, time);
}

/// Writes that a span ended at another time than that of its end.
fn ended_at(span: u64, time: Timestamp) {
    moment(span, Kind::EndedAt, time);
}

fn moment(span: u64, kind: Kind, time: Timestamp) {
    append::push([
        Header::new(kind, 0, 0, 0).word(),
        span,
        time.as_unix_nanos(),
    ]);
}

/// Writes that a span that was elsewhere is back in its scope.
#[cold]
pub(in crate::record) fn back(span: u64, order: u32) {
    append::push([Header::new(Kind::Moved, 0, 0, order).word(), span]);
}

/// Appends one entry with texts.
fn entry<const WORDS: usize, const TEXTS: usize>(words: [u64; WORDS], texts: [&str; TEXTS]) {
    push_texts(WORDS, texts);
    append::push(words);
}

/// Appends the texts of one entry of so many words, which is to follow.
#[inline]
fn push_texts<const TEXTS: usize>(words: usize, texts: [&str; TEXTS]) {
    let bytes = texts.iter().map(|text| text.len()).sum();
    if append::has_room_for(words, bytes) {
        texts.into_iter().for_each(thread::push_text);
    } else {
        entered::push_texts(words, texts);
    }
}

fn field(kind: Kind, span: u64, key: Key<'_>, value: TagInput<'_>) {
    let key = match key {
        Key::Text(text) => Key::Text(cut(text, Limits::MAX_KEY_BYTES)),
        Key::Site(..) => key,
    };
    let text = |value: &str| {
        let header = field_header(kind, value_type::TEXT, key);
        entry(
            [header.word(), span, value.len() as u64],
            [key.text(), value],
        );
    };
    let word = |value_type: u8, word: u64| {
        let words = [field_header(kind, value_type, key).word(), span, word];
        match key {
            Key::Site(..) => append::push(words),
            Key::Text(key) => entry(words, [key]),
        }
    };
    let array = |value_type: u8, items: &mut dyn Iterator<Item = u64>, texts: &[&str]| {
        // Longer ones are cut: the stage has to take the entry as a whole.
        let items: Vec<u64> = items.take(Limits::MAX_ITEMS).collect();
        let words = [
            field_header(kind, value_type, key).word(),
            span,
            items.len() as u64,
        ];
        let texts = texts.iter().take(items.len()).copied();
        let texts = std::iter::once(key.text()).chain(texts);
        entered::push_texts(words.len() + items.len(), texts);
        append::push(words);
        for item in items {
            append::push([item]);
        }
    };
    let texts = |values: &[&str]| {
        let max = text_limit::max_value_bytes();
        let values: Vec<&str> = values.iter().map(|value| cut(value, max)).collect();
        let lengths = &mut values.iter().map(|value| value.len() as u64);
        array(value_type::TEXTS, lengths, &values);
    };
    if let Some((value_type, value)) = value.as_word() {
        return word(value_type, value);
    }
    match value {
        TagInput::None | TagInput::Bool(_) | TagInput::I64(_) | TagInput::F64(_) => {}
        TagInput::U64(value) => with_display(&value, text),
        TagInput::Str(value) => with_text(value, text),
        TagInput::Display(value) => with_display(value, text),
        TagInput::Debug(value) => with_display(&format_args!("{value:?}"), text),
        TagInput::Bools(values) => array(
            value_type::BOOLS,
            &mut values.iter().map(|value| u64::from(*value)),
            &[],
        ),
        TagInput::I64s(values) => array(
            value_type::I64S,
            &mut values.iter().map(|value| value.cast_unsigned()),
            &[],
        ),
        TagInput::F64s(values) => array(
            value_type::F64S,
            &mut values.iter().map(|value| value.to_bits()),
            &[],
        ),
        TagInput::Strs(values) => texts(values),
        TagInput::Strings(values) => {
            texts(&values.iter().map(String::as_str).collect::<Vec<_>>());
        }
        TagInput::Value(value) => match value {
            TagValue::Bool(value) => word(value_type::BOOL, (*value).into()),
            TagValue::I64(value) => word(value_type::I64, value.cast_unsigned()),
            TagValue::F64(value) => word(value_type::F64, value.to_bits()),
            TagValue::String(value) => with_text(value, text),
            TagValue::Array(values) => field(kind, span, key, values.as_input(&mut Vec::new())),
        },
    }
}

#[inline]
fn field_header(kind: Kind, value_type: u8, key: Key<'_>) -> Header {
    match key {
        Key::Text(key) => Header::new(kind, value_type, 0, length(key)),
        Key::Site(site, index) => {
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            let small = value_type | value_type::SITE_KEY;
            site.header().of_same_site(kind, small, index)
        }
    }
}

impl<'a> Key<'a> {
    /// The text that goes into the stream: that of a site's key does not.
    fn text(self) -> &'a str {
        match self {
            Self::Text(text) => text,
            Self::Site(..) => "",
        }
    }
}

fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(0)
}

/// The site of spans of a name that are begun at a place in the source, if there is one, and
/// the name is within the tracer's limit.
#[inline]
pub(crate) fn site_at(name: &str, source: &'static Location<'static>) -> Option<&'static Site> {
    let is_short = name.len() <= SHORT_TEXT && thread::is_plain();
    let is_whole = is_short || name.len() <= text_limit::max_value_bytes();
    is_whole.then(|| Site::at(name, source)).flatten()
}

fn with_text(text: &str, write: impl FnOnce(&str)) {
    if text.len() <= SHORT_TEXT && thread::is_plain() {
        write(text);
    } else {
        write(cut(text, text_limit::max_value_bytes()));
    }
}

/// Copies a value, as it would be written.
pub(crate) fn copy(value: &TagInput<'_>) -> Option<TagValue> {
    let mut copied = None;
    let mut copy = |text: &str| copied = Some(TagValue::from(text.to_owned()));
    match value {
        TagInput::Display(value) => with_display(value, &mut copy),
        TagInput::Debug(value) => with_display(&format_args!("{value:?}"), &mut copy),
        _ => return value.to_value(),
    }
    copied
}

/// Formats a value and gives its text to `write`.
fn with_display(value: &dyn fmt::Display, write: impl FnOnce(&str)) {
    with_formatted(value, |text| write(text.as_str()));
}

impl TagInput<'_> {
    /// The type and the word of a value that is one.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn as_word(&self) -> Option<(u8, u64)> {
        match *self {
            Self::Bool(value) => Some((value_type::BOOL, value.into())),
            Self::I64(value) => Some((value_type::I64, value.cast_unsigned())),
            Self::U64(value) if value <= i64::MAX.cast_unsigned() => Some((value_type::I64, value)),
            Self::F64(value) => Some((value_type::F64, value.to_bits())),
            _ => None,
        }
    }
}

impl TagArray {
    /// Borrows the values; `texts` is where the texts are borrowed from.
    fn as_input<'a>(&'a self, texts: &'a mut Vec<&'a str>) -> TagInput<'a> {
        match self {
            Self::Bool(values) => TagInput::Bools(values),
            Self::I64(values) => TagInput::I64s(values),
            Self::F64(values) => TagInput::F64s(values),
            Self::String(values) => {
                texts.extend(values.iter().map(AsRef::as_ref));
                TagInput::Strs(texts)
            }
        }
    }
}
