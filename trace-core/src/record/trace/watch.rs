//! Knows which traces are open at a tracer, for tests that wait for them.
//!
//! The counters of a tracer include a scope only after its first hand-over or poll. A test
//! needs the exact state. So the tracers of tests, and only they, note each trace when it
//! begins and when it ends.
//!
//! This file owns the notes and their text. `scope/entered/still_open.rs` finds the scopes
//! around the calling code, which must not wait for itself.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard};

use crate::process::sync::Unpoisoned;

/// Notes what is open at a tracer.
#[derive(Debug, Default)]
pub(crate) struct Watch(Mutex<Watched>);

/// What a [`Watch`] has noted.
#[derive(Debug, Default)]
pub(in crate::record) struct Watched {
    /// How many traces and tasks have begun. It shows a test whether something began
    /// meanwhile.
    pub(in crate::record) begun: u64,
    /// The names of the first spans of open traces, by the part of the trace.
    pub(in crate::record) traces: BTreeMap<u32, String>,
    /// How many tasks and messages that carry the tracer outside of any trace have not ended.
    pub(in crate::record) tasks: u64,
}

/// What is open in a trace, without the calling code and the spans around it.
#[derive(Clone, Copy, Debug)]
pub(in crate::record) struct Beside {
    pub(in crate::record) part: u32,
    /// Scopes of the trace that are open.
    pub(in crate::record) scopes: i64,
    /// The number of spans that were open when their scope ended, minus the number of spans
    /// that ended elsewhere.
    pub(in crate::record) strays: i64,
    /// Open spans of a scope that is entered here, without the spans in which its code runs.
    pub(in crate::record) spans_here: i64,
}

/// What is open at a tracer, without the calling code. A snapshot of one moment.
#[derive(Debug, Default)]
pub(crate) struct StillOpen {
    /// How many traces and tasks have begun.
    pub(crate) begun: u64,
    /// The names of open traces, sorted, so that equal ones can be counted.
    pub(in crate::record) traces: Vec<String>,
    /// The traces around the calling code, and how many other scopes and spans of each are
    /// open.
    pub(in crate::record) own: Vec<(String, i64, i64)>,
    /// How many tasks and messages outside of any trace have not ended.
    pub(in crate::record) tasks: u64,
}

impl Watch {
    /// Locks the notes.
    pub(in crate::record) fn watched(&self) -> MutexGuard<'_, Watched> {
        self.0.lock().unpoisoned()
    }

    /// Notes that a trace begins here, with its part and the name of its first span.
    pub(in crate::record) fn begin(&self, part: u32, operation_name: &str) {
        let mut watched = self.watched();
        watched.begun += 1;
        watched.traces.insert(part, operation_name.to_owned());
    }

    /// Forgets a part of a trace when nothing of it is open any more.
    pub(in crate::record) fn end(&self, part: u32) {
        self.watched().traces.remove(&part);
    }

    /// Notes a task or message that carries the tracer outside of any trace.
    pub(in crate::record) fn begin_task(&self) {
        let mut watched = self.watched();
        watched.begun += 1;
        watched.tasks += 1;
    }

    /// Forgets a task or message that has ended.
    pub(in crate::record) fn end_task(&self) {
        self.watched().tasks -= 1;
    }
}

impl StillOpen {
    /// Whether nothing is open.
    pub(crate) fn is_nothing(&self) -> bool {
        self.traces.is_empty() && self.own.is_empty() && self.tasks == 0
    }
}

impl fmt::Display for StillOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        for same in self.traces.chunk_by(|one, other| one == other) {
            let name = same.first().map_or("", String::as_str);
            parts.push(match same.len() {
                1 => format!("the trace of `{name}`"),
                traces => format!("{traces} traces of `{name}`"),
            });
        }
        for (name, scopes, spans) in &self.own {
            if *scopes > 0 {
                let tasks = counted(scopes.unsigned_abs(), "task or message");
                parts.push(format!("{tasks} in the trace of `{name}`"));
            }
            if *spans > 0 {
                let spans = counted(spans.unsigned_abs(), "span");
                parts.push(format!("{spans} in the trace of `{name}`"));
            }
        }
        if self.tasks > 0 {
            let tasks = counted(self.tasks, "task or message");
            parts.push(format!("{tasks} outside of any trace"));
        }
        f.write_str(&parts.join(", "))
    }
}

/// Returns a number with its noun, in the plural unless it is one.
fn counted(number: u64, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {}s", what.replace(" or", "s or")),
    }
}
