//! Writes an event to the span that it belongs to.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use trace_core::__private::bridge::{CapturedSpan, Position, add_log, position, start_site_at};
use trace_core::{Status, TagInput, TagSource, Timestamp, span};
use tracing_core::{Event, Level};

use super::values::EventValues;
use crate::callsite::Callsite;
use crate::rules::{EventSpan, Rules};
use crate::site_flags::Flags;
use crate::span::BridgedSpan;

/// Which span an event belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum EventTarget<'a> {
    /// The current one.
    Current,
    /// The one that it names.
    Span(&'a BridgedSpan),
}

/// Writes an event where it belongs, if a recorded trace runs there.
pub(crate) fn write_event(
    event: &Event<'_>,
    callsite: &'static Callsite,
    flags: Flags,
    rules: &Rules,
    target: EventTarget<'_>,
) {
    match target {
        EventTarget::Span(span) if span.is_recorded() => {
            span.run(|| write_here(event, callsite, flags, rules));
        }
        EventTarget::Span(_) => {}
        EventTarget::Current => {
            if let Position::Recorded(_) = position() {
                write_here(event, callsite, flags, rules);
            }
        }
    }
}

/// Writes an event to the current span.
fn write_here(event: &Event<'_>, callsite: &'static Callsite, flags: Flags, rules: &Rules) {
    EventValues::with(
        |values| values.fill(callsite, flags, |visitor| event.record(visitor)),
        |values| {
            let rule = flags
                .has_event_span()
                .then(|| rules.event_span(callsite.metadata))
                .flatten();
            if let Some(rule) = rule
                && write_span(callsite, rule, values)
            {
                return;
            }
            let metadata = callsite.metadata;
            let level = metadata.level();
            // A record of `log` has a target of its own.
            let has_log = match values.log_target() {
                Some(target) => !is_log_bridged() && rules.logs.has(target, level),
                None => flags.has_log(),
            };
            if has_log {
                let target = values.log_target().unwrap_or(metadata.target());
                write_log(level.as_str(), target, metadata.name(), values);
            }
            let is_error = *level == Level::ERROR;
            if is_error && (values.error().is_some() || rules.errors_fail) {
                let message = values.error().unwrap_or_else(|| values.message());
                fail(message);
            }
        },
    );
}

/// Adds a log to the current span. `name` is its message if it has none.
pub(crate) fn write_log(level: &str, target: &str, name: &str, values: &EventValues) {
    let message = match values.message() {
        // What `tracing` calls an event without a message says where it is.
        "" => name,
        message => message,
    };
    let write = || {
        let about = [("level", level), ("target", target)];
        let about = about.map(|(key, text)| (key, TagInput::Str(text)));
        add_log(message, about.into_iter().chain(values.fields()))
    };
    if !write() {
        // A task that was spawned has no span of its own yet. The event is its parent's.
        within_captured(|| {
            write();
        });
    }
}

/// Set once a logger of the bridge writes records of `log` to spans.
static IS_LOG_BRIDGED: AtomicBool = AtomicBool::new(false);

/// Returns whether a logger of the bridge writes records of `log` to spans. Then those that
/// `tracing-log` makes events of are there already.
fn is_log_bridged() -> bool {
    // Relaxed: it guards nothing.
    IS_LOG_BRIDGED.load(Ordering::Relaxed)
}

/// Notes that a logger of the bridge writes records of `log` to spans.
#[cfg(feature = "log")]
pub(crate) fn note_log_bridged() {
    IS_LOG_BRIDGED.store(true, Ordering::Relaxed);
}

/// Marks the current span as failed.
fn fail(message: &str) {
    let status = || span::set_status(Status::from(message.to_owned()));
    match span::is_recording() {
        true => status(),
        false => within_captured(status),
    }
}

/// Runs code in a visit of the current span, which this scope may not write to.
#[cold]
fn within_captured(body: impl FnOnce()) {
    let captured = CapturedSpan::capture();
    let _in = captured.as_ref().and_then(CapturedSpan::enter);
    body();
}

/// Makes a span of the event. Returns false if it does not say how long it took.
fn write_span(callsite: &'static Callsite, rule: &EventSpan, values: &EventValues) -> bool {
    let seconds = values.number(&rule.seconds);
    let took = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let Some(took) = took else { return false };
    // Both from one clock, so that the span takes exactly as long as the event says.
    #[expect(
        clippy::disallowed_methods,
        reason = "both times are of the system's clock"
    )]
    let now = SystemTime::now();
    let began = now.checked_sub(took).unwrap_or(now);
    let span = start_site_at(&callsite.site, Timestamp::from(began));
    let name = rule.name.as_deref().and_then(|field| values.text(field));
    let name = name.map(str::trim).filter(|name| !name.is_empty());
    span.set_operation_name(name.unwrap_or_else(|| rule.target()));
    span.set_kind(rule.kind);
    for (key, value) in &rule.tags {
        span.add_tag(key, value);
    }
    for (field, value) in values.fields() {
        if let Some(key) = rule.key(field) {
            span.add_tag(key, Shown(value));
        }
    }
    span.end_at(Timestamp::from(now));
    true
}

/// A value that was read.
struct Shown<'a>(TagInput<'a>);

impl TagSource for Shown<'_> {
    fn tag_input(&self) -> TagInput<'_> {
        self.0
    }
}
