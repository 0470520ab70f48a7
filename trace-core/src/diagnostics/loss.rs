//! The line about the losses of a tracer, when it ends.
//!
//! Takes the counts from [`stats`](super::stats) and the places from
//! [`chart`](super::chart). Prints nothing: see [`listener`](super::listener).

use std::collections::BTreeSet;
use std::fmt;

use crate::diagnostics::doctor::NAMED_AT_RUN_TIME;
use crate::diagnostics::stats::{LaneStats, Stats};
use crate::stream::Site;

/// The losses of a tracer that has ended.
#[derive(Debug, Default)]
pub(crate) struct Loss {
    stats: Stats,
    /// Spans that collectors report as lost. Two collectors may have lost the same span.
    by_collectors: u64,
    /// The parts of the line, each with a number or a collector's name.
    parts: Vec<String>,
}

/// Spans that were open at the end and whose beginning was handed over. So their site is
/// known.
#[derive(Debug, Default)]
pub(crate) struct OpenSpans {
    /// File, line and name, in the order in which they are written.
    sites: BTreeSet<(&'static str, u32, &'static str)>,
    count: u64,
}

/// Largest number of places of open spans in the line.
const MAX_PLACES: usize = 5;

impl Loss {
    /// Makes a loss from the counts of the tracer.
    pub(crate) fn new(stats: &Stats, lanes: &[LaneStats], open: &OpenSpans) -> Self {
        let mut loss = Self {
            stats: *stats,
            by_collectors: 0,
            parts: Vec::new(),
        };
        // Spans that still run in their scopes, and spans whose beginning was handed over.
        loss.push_open(stats.open + open.count, open);
        // `dropped.shutdown` counts the open spans that were handed over, too.
        let given_up = stats.dropped.shutdown.saturating_sub(open.count);
        loss.push_part(stats.dropped.queue, "as the queue was full");
        loss.push_part(stats.dropped.limit, "as too much was open at once");
        loss.push_part(given_up, "after the shutdown or its deadline");
        for lane in lanes {
            let reasons = [
                (lane.waiting, "not taken in time"),
                (lane.dropped.panic, "as it panicked"),
                (lane.dropped.full, "as its lane was full"),
                (lane.dropped.shutdown, "given up at the deadline"),
            ];
            for (spans, reason) in reasons.into_iter().filter(|(spans, _)| *spans > 0) {
                loss.collector(&lane.name, &format!("{spans} {reason}"), 0);
            }
        }
        loss
    }

    /// Adds the message of a collector, and the number of spans that it has lost.
    pub(crate) fn collector(&mut self, name: &str, text: &str, lost: u64) {
        self.by_collectors += lost;
        self.parts.push(format!("collector {name}: {text}"));
    }

    pub(crate) fn is_nothing(&self) -> bool {
        self.parts.is_empty()
    }

    fn push_part(&mut self, spans: u64, text: &str) {
        if spans > 0 {
            self.parts.push(format!("{spans} {text}"));
        }
    }

    fn push_open(&mut self, spans: u64, open: &OpenSpans) {
        let named = open.to_string();
        match named.is_empty() {
            true => self.push_part(spans, "still open"),
            false => self.push_part(spans, &format!("still open ({named})")),
        }
    }
}

impl OpenSpans {
    pub(crate) fn add(&mut self, site: &'static Site, spans: u64) {
        self.count += spans;
        let place = (site.file(), site.line(), site.operation_name());
        self.sites.insert(place);
    }
}

impl fmt::Display for OpenSpans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A few spans that are named at run time have no place.
        let mut named = self.sites.iter().filter(|(file, ..)| !file.is_empty());
        for (index, (file, line, name)) in named.by_ref().take(MAX_PLACES).enumerate() {
            let separator = if index > 0 { "; " } else { "" };
            let name = match *name {
                "" => NAMED_AT_RUN_TIME,
                name => name,
            };
            write!(f, "{separator}{name}, {file}:{line}")?;
        }
        match named.count() {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stats = &self.stats;
        match stats.open + stats.lost(stats.waiting + self.by_collectors) {
            0 => f.write_str("spans may be lost: ")?,
            1 => f.write_str("1 span lost: ")?,
            total => write!(f, "{total} spans lost: ")?,
        }
        f.write_str(&self.parts.join(", "))
    }
}
