//! The values of an event, copied without an allocation for each.
//!
//! `tracing` shows a value only during the visit of its field, and the message may come last. So
//! the values of an event are copied into a buffer that the thread keeps.

use std::cell::Cell;
use std::error::Error;
use std::fmt::{self, Write as _};
use std::ops::Range;

use trace_core::__private::evaluated;
use trace_core::TagInput;
use tracing_core::field::{Field, Visit};

use crate::callsite::Callsite;
use crate::errors::chain_of;
use crate::site_flags::Flags;
use crate::span::Role;

/// The values of one event.
#[derive(Debug, Default)]
pub(crate) struct EventValues {
    /// All texts, one after the other.
    text: String,
    message: Option<Range<usize>>,
    fields: Vec<(Key, Value)>,
    /// The text of the field `error`.
    error: Option<Range<usize>>,
    /// The target of a record of `log`.
    log_target: Option<Range<usize>>,
}

/// A key.
#[derive(Clone, Debug)]
enum Key {
    Name(&'static str),
    #[cfg(feature = "log")]
    Text(Range<usize>),
}

/// A copied value.
#[derive(Clone, Debug)]
enum Value {
    Bool(bool),
    I64(i64),
    U64(u64),
    F64(f64),
    Text(Range<usize>),
}

/// A value of a record of `log`.
#[cfg(feature = "log")]
#[derive(Clone, Copy, Debug)]
pub(crate) enum LogValue<'a> {
    Bool(bool),
    I64(i64),
    U64(u64),
    F64(f64),
    Shown(fmt::Arguments<'a>),
}

/// The largest buffer that a thread keeps, in bytes.
const MAX_KEPT: usize = 16 * 1_024;

/// What a value says whose `Debug` has panicked.
const PANICKED: &str = "[panicked]";

thread_local! {
    /// The thread's buffer, while no event uses it.
    static KEPT: Cell<Option<Box<EventValues>>> = const { Cell::new(None) };
}

impl EventValues {
    /// Calls `fill` and then `read` with values that are empty at first.
    pub(crate) fn with<R>(fill: impl FnOnce(&mut Self), read: impl FnOnce(&Self) -> R) -> R {
        // Taken, and not borrowed: a `Debug` of the application may itself write an event.
        let mut values = KEPT.try_with(Cell::take).ok().flatten().unwrap_or_default();
        values.clear();
        fill(&mut values);
        let result = read(&values);
        if values.text.capacity() <= MAX_KEPT {
            // At the end of a thread it is dropped.
            let _kept = KEPT.try_with(|kept| kept.set(Some(values)));
        }
        result
    }

    /// Copies the values of an event of `tracing`.
    pub(crate) fn fill(
        &mut self,
        callsite: &Callsite,
        flags: Flags,
        record: impl FnOnce(&mut dyn Visit),
    ) {
        record(&mut Visitor {
            values: self,
            callsite,
            flags,
        });
    }

    fn clear(&mut self) {
        self.text.clear();
        self.fields.clear();
        (self.message, self.error, self.log_target) = (None, None, None);
    }

    /// Returns the message; empty if there is none.
    pub(crate) fn message(&self) -> &str {
        self.text_at(self.message.as_ref())
    }

    /// Returns the text of the field `error`.
    pub(crate) fn error(&self) -> Option<&str> {
        self.error
            .is_some()
            .then(|| self.text_at(self.error.as_ref()))
    }

    /// Returns the other fields.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, TagInput<'_>)> {
        self.fields.iter().map(|(key, value)| {
            let input = match value {
                Value::Bool(value) => TagInput::Bool(*value),
                Value::I64(value) => TagInput::I64(*value),
                Value::U64(value) => TagInput::U64(*value),
                Value::F64(value) => TagInput::F64(*value),
                Value::Text(range) => TagInput::Str(self.text_at(Some(range))),
            };
            (self.key(key), input)
        })
    }

    fn key<'a>(&'a self, key: &'a Key) -> &'a str {
        match key {
            Key::Name(name) => name,
            #[cfg(feature = "log")]
            Key::Text(range) => self.text_at(Some(range)),
        }
    }

    /// Returns the target of the record of `log` that the event was made of.
    pub(crate) fn log_target(&self) -> Option<&str> {
        let target = self.log_target.as_ref()?;
        Some(self.text_at(Some(target)))
    }

    /// Returns a field as a number.
    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        let (_, value) = self.fields.iter().find(|(name, _)| self.key(name) == key)?;
        match value {
            Value::F64(value) => Some(*value),
            Value::I64(value) => Some(*value as f64),
            Value::U64(value) => Some(*value as f64),
            Value::Text(range) => self.text_at(Some(range)).trim().parse().ok(),
            Value::Bool(_) => None,
        }
    }

    /// Returns a field as a text, if it is one.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        let (_, value) = self.fields.iter().find(|(name, _)| self.key(name) == key)?;
        match value {
            Value::Text(range) => Some(self.text_at(Some(range))),
            _ => None,
        }
    }

    fn text_at(&self, range: Option<&Range<usize>>) -> &str {
        range
            .and_then(|range| self.text.get(range.clone()))
            .unwrap_or("")
    }

    /// Copies the message.
    #[cfg(feature = "log")]
    pub(crate) fn set_message(&mut self, message: fmt::Arguments<'_>) {
        self.message = Some(self.keep_shown(message));
    }

    /// Copies a field whose key is made at run time.
    #[cfg(feature = "log")]
    pub(crate) fn push(&mut self, key: &str, value: LogValue<'_>) {
        let value = match value {
            LogValue::Bool(value) => Value::Bool(value),
            LogValue::I64(value) => Value::I64(value),
            LogValue::U64(value) => Value::U64(value),
            LogValue::F64(value) => Value::F64(value),
            LogValue::Shown(value) => Value::Text(self.keep_shown(value)),
        };
        let key = Key::Text(self.keep(key));
        self.fields.push((key, value));
    }

    /// Copies a text.
    fn keep(&mut self, text: &str) -> Range<usize> {
        let begin = self.text.len();
        self.text.push_str(text);
        begin..self.text.len()
    }

    /// Copies what an argument of the application writes. Its panic does not harm the caller.
    fn keep_shown(&mut self, value: fmt::Arguments<'_>) -> Range<usize> {
        if let Some(text) = value.as_str() {
            return self.keep(text);
        }
        let begin = self.text.len();
        let written = evaluated(|| self.text.write_fmt(value));
        if !matches!(written, Some(Ok(()))) {
            self.text.truncate(begin);
            self.text.push_str(PANICKED);
        }
        begin..self.text.len()
    }
}

/// Copies the values of an event.
struct Visitor<'a> {
    values: &'a mut EventValues,
    callsite: &'a Callsite,
    flags: Flags,
}

impl Visitor<'_> {
    fn keep(&mut self, field: &Field, value: Value) {
        if self.flags.leaves_out(field.index()) {
            return;
        }
        self.values.fields.push((Key::Name(field.name()), value));
    }

    fn keep_text(&mut self, field: &Field, text: fmt::Arguments<'_>) {
        if self.flags.leaves_out(field.index()) {
            return;
        }
        let range = self.values.keep_shown(text);
        match self.callsite.role(field) {
            Role::Message => self.values.message = Some(range),
            Role::LogTarget => self.values.log_target = Some(range),
            Role::LogSource => {}
            Role::Error => {
                self.values.error = Some(range.clone());
                self.values
                    .fields
                    .push((Key::Name(field.name()), Value::Text(range)));
            }
            _ => {
                let key = Key::Name(field.name());
                self.values.fields.push((key, Value::Text(range)));
            }
        }
    }
}

impl Visit for Visitor<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.keep(field, Value::F64(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, Value::I64(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if self.callsite.role(field) != Role::LogSource {
            self.keep(field, Value::U64(value));
        }
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        match i64::try_from(value) {
            Ok(value) => self.keep(field, Value::I64(value)),
            Err(_) => self.keep_text(field, format_args!("{value}")),
        }
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        match u64::try_from(value) {
            Ok(value) => self.keep(field, Value::U64(value)),
            Err(_) => self.keep_text(field, format_args!("{value}")),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field, Value::Bool(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep_text(field, format_args!("{value}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.keep_text(field, format_args!("{value}"));
        if let Some(chain) = chain_of(value) {
            for source in chain {
                let range = self.values.keep(&source);
                let key = Key::Name("error.source");
                self.values.fields.push((key, Value::Text(range)));
            }
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.keep_text(field, format_args!("{value:?}"));
    }
}
