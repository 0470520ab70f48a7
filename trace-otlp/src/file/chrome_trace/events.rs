//! Writes the events of placed spans, one per line.
//!
//! A span becomes a complete event (`X`) with its tags as arguments, a log becomes an instant
//! (`i`), and a call to another track becomes a flow (`s` and `f`). The format's processes are
//! services, and its threads are tracks.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use trace_core::{Log, Outcome, StatusRef, TagArray, TagRef, Timestamp, Trace};

use super::tracks::{New, Placed, Tracks};
use crate::conventions::key;
use crate::facts::outcome_name;

/// The state of one file.
#[derive(Debug, Default)]
pub(super) struct Events {
    tracks: Tracks,
    /// The moment from which the times of the file count.
    origin: Option<Timestamp>,
    last_flow: u64,
    /// Whether the file has an event, so that the next one needs a comma before it.
    has_event: bool,
}

/// An event; the fields have the names of the format.
#[derive(Default, Serialize)]
struct Event<'a> {
    ph: &'static str,
    pid: u64,
    tid: u64,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cat: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<Box<RawValue>>,
    /// Joins the two ends of a flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    /// Where a flow ends: `e` is the slice around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    bp: Option<&'static str>,
    /// What an instant belongs to: `t` is its track.
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<&'static str>,
    /// A color, which Perfetto ignores.
    #[serde(skip_serializing_if = "Option::is_none")]
    cname: Option<&'static str>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    args: Map<String, Value>,
}

/// The beginning and the end of a file. Readers also accept a file without its end.
pub(super) const BEGIN: &[u8] = b"[";
pub(super) const END: &[u8] = b"\n]\n";

const DAY: u64 = 86_400_000_000_000;

impl Events {
    /// Appends the events of a trace.
    pub(super) fn write(&mut self, trace: &Trace, json: &mut Vec<u8>) {
        let Some(start) = trace.start() else { return };
        // Readers store times as `f64` microseconds, which are exact for days but not for
        // years. A later trace may start earlier, so times begin a day before the first trace.
        let origin = *self.origin.get_or_insert_with(|| {
            let nanos = start.as_unix_nanos();
            Timestamp::from_unix_nanos((nanos - nanos % DAY).saturating_sub(DAY))
        });
        let mut lines = Lines {
            json,
            has_event: &mut self.has_event,
        };
        let placed = self.tracks.place(trace, |new| write_name(&new, &mut lines));
        for span in &placed {
            write_span(span, origin, &mut lines);
            for log in &span.span.logs {
                write_log(log, span, origin, &mut lines);
            }
            if let Some(caller) = span.caller.and_then(|caller| placed.get(caller)) {
                self.last_flow += 1;
                write_flow(self.last_flow, caller, span, origin, &mut lines);
            }
        }
    }
}

/// Writes events as lines of the array.
struct Lines<'a> {
    json: &'a mut Vec<u8>,
    has_event: &'a mut bool,
}

impl Lines<'_> {
    fn push(&mut self, event: &Event<'_>) {
        let separator: &[u8] = if *self.has_event { b",\n" } else { b"\n" };
        *self.has_event = true;
        self.json.extend_from_slice(separator);
        // Writing to memory fails only if a key is not a string, and all keys are strings.
        drop(serde_json::to_writer(&mut *self.json, event));
    }
}

fn write_name(new: &New<'_>, lines: &mut Lines<'_>) {
    let (pid, tid, name, text) = match *new {
        New::Service { service, name } => (service, 0, "process_name", name.to_owned()),
        New::Track {
            service,
            track,
            place,
        } => (service, track, "thread_name", format!("tasks {place}")),
    };
    let args = Map::from_iter([("name".to_owned(), text.into())]);
    let ph = "M";
    lines.push(&Event {
        ph,
        pid,
        tid,
        name,
        args,
        ..Event::default()
    });
}

fn write_span(placed: &Placed<'_>, origin: Timestamp, lines: &mut Lines<'_>) {
    let span = placed.span;
    let mut args = Map::new();
    args.insert("trace_id".to_owned(), span.trace_id.to_string().into());
    args.insert("span_id".to_owned(), span.span_id.to_string().into());
    if let StatusRef::Error(message) = span.status.as_ref() {
        args.insert("error".to_owned(), message.into());
    }
    if !matches!(span.outcome, Outcome::Ok) {
        args.insert("outcome".to_owned(), outcome_name(span.outcome).into());
    }
    if let Some(source) = &span.source {
        args.insert(key::FILE.to_owned(), source.file.as_ref().into());
        args.insert(key::LINE.to_owned(), source.line.into());
    }
    for tag in &span.tags {
        args.insert(tag.key.to_string(), value(tag.value.as_ref()));
    }
    let event = Event {
        ph: "X",
        pid: placed.service,
        tid: placed.track,
        name: &span.operation_name,
        cat: Some(span.kind.as_str()),
        ts: micros(since(placed.start, origin)),
        dur: micros(since(placed.end, placed.start)),
        cname: match span.outcome {
            Outcome::Ok => None,
            Outcome::Error | Outcome::Panicked => Some("terrible"),
            Outcome::Cancelled => Some("bad"),
        },
        args,
        ..Event::default()
    };
    lines.push(&event);
}

fn write_log(log: &Log, placed: &Placed<'_>, origin: Timestamp, lines: &mut Lines<'_>) {
    let fields = log.fields.iter();
    // The span may be drawn at a time that differs from its own clock.
    let after_start = since(log.time, placed.span.start);
    let event = Event {
        ph: "i",
        s: Some("t"),
        pid: placed.service,
        tid: placed.track,
        name: &log.message,
        cat: Some("log"),
        ts: micros(since(placed.start, origin).saturating_add(after_start)),
        args: fields
            .map(|tag| (tag.key.to_string(), value(tag.value.as_ref())))
            .collect(),
        ..Event::default()
    };
    lines.push(&event);
}

/// Writes an arrow from the caller's track to the beginning of the span.
fn write_flow(
    id: u64,
    caller: &Placed<'_>,
    span: &Placed<'_>,
    origin: Timestamp,
    lines: &mut Lines<'_>,
) {
    // The arrow must begin at a time within the caller.
    let left = span.start.clamp(caller.start, caller.end);
    let ends = [
        ("s", None, caller, left),
        ("f", Some("e"), span, span.start),
    ];
    for (ph, bp, placed, time) in ends {
        let event = Event {
            ph,
            bp,
            id: Some(id),
            pid: placed.service,
            tid: placed.track,
            name: "calls",
            cat: Some("calls"),
            ts: micros(since(time, origin)),
            ..Event::default()
        };
        lines.push(&event);
    }
}

fn since(time: Timestamp, earlier: Timestamp) -> u64 {
    time.as_unix_nanos().saturating_sub(earlier.as_unix_nanos())
}

/// Returns nanoseconds as microseconds, with three decimals.
fn micros(nanos: u64) -> Option<Box<RawValue>> {
    RawValue::from_string(format!("{}.{:03}", nanos / 1_000, nanos % 1_000)).ok()
}

fn value(tag: TagRef<'_>) -> Value {
    match tag {
        TagRef::Bool(value) => value.into(),
        TagRef::I64(value) => value.into(),
        TagRef::F64(value) => double(value),
        TagRef::Str(value) => value.into(),
        TagRef::Array(TagArray::Bool(values)) => values.iter().copied().collect(),
        TagRef::Array(TagArray::I64(values)) => values.iter().copied().collect(),
        TagRef::Array(TagArray::F64(values)) => values.iter().copied().map(double).collect(),
        TagRef::Array(TagArray::String(values)) => values.iter().map(ToString::to_string).collect(),
    }
}

/// Returns a number, or a string for infinity and NaN, which JSON numbers cannot express.
fn double(value: f64) -> Value {
    match serde_json::Number::from_f64(value) {
        Some(number) => number.into(),
        None => value.to_string().into(),
    }
}
