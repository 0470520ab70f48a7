//! What is open of a tracer, for tests that wait for it.
//!
//! The counters of a tracer learn of a scope when it hands over or its first poll ends. A
//! test waits for what is exact. So each trace is noted where it begins and where it
//! ends, of the tracers of tests alone.
//!
//! This file owns the notes and how they are shown. What surrounds the code that asks is
//! found by `scope/entered/still_open.rs`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard};

use crate::process::sync::Unpoisoned;

/// What is open of a tracer.
#[derive(Debug, Default)]
pub(crate) struct Watch(Mutex<Watched>);

#[derive(Debug, Default)]
pub(in crate::record) struct Watched {
    /// How much has begun: traces and tasks.
    pub(in crate::record) begun: u64,
    /// The names with which traces began here, by the part of the trace.
    pub(in crate::record) traces: BTreeMap<u32, String>,
    /// What was spawned, or is carried, where no trace runs, and has not ended.
    pub(in crate::record) tasks: u64,
}

/// What of a trace goes on besides the code that asks, and what surrounds that.
#[derive(Clone, Copy, Debug)]
pub(in crate::record) struct Beside {
    pub(in crate::record) part: u32,
    /// Scopes of it that are open.
    pub(in crate::record) scopes: i64,
    /// Spans that were open when their scope ended, less those that ended elsewhere.
    pub(in crate::record) strays: i64,
    /// Spans that were opened in a scope that is entered here and are open, but for those
    /// in which its code runs.
    pub(in crate::record) spans_here: i64,
}

/// What is open of a tracer, besides the code that asks.
#[derive(Debug, Default)]
pub(crate) struct StillOpen {
    /// How much has begun.
    pub(crate) begun: u64,
    /// The names of traces, sorted.
    pub(in crate::record) traces: Vec<String>,
    /// The trace in which somebody asks, and how many scopes and spans of it are open.
    pub(in crate::record) own: Vec<(String, i64, i64)>,
    pub(in crate::record) tasks: u64,
}

impl Watch {
    pub(in crate::record) fn watched(&self) -> MutexGuard<'_, Watched> {
        self.0.lock().unpoisoned()
    }

    /// Notes that a trace begins here, by its part and the name of its first span.
    pub(in crate::record) fn begin(&self, part: u32, operation_name: &str) {
        let mut watched = self.watched();
        watched.begun += 1;
        watched.traces.insert(part, operation_name.to_owned());
    }

    /// Forgets a part of a trace of which nothing remains.
    pub(in crate::record) fn end(&self, part: u32) {
        self.watched().traces.remove(&part);
    }

    /// Notes a task or message that carries the tracer where no trace runs.
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

/// Writes a number and what is counted, in the plural if there are several.
fn counted(number: u64, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {}s", what.replace(" or", "s or")),
    }
}
