//! What was lost when a tracer ended, in one line.

use std::collections::BTreeSet;
use std::fmt;

use crate::diagnostics::stats::{LaneStats, Stats};
use crate::stream::Site;

/// What a tracer has lost when it has ended.
#[derive(Debug, Default)]
pub(crate) struct Loss {
    stats: Stats,
    /// Spans that collectors say they have lost.
    by_collectors: u64,
    parts: Vec<String>,
}

/// Spans that were open at the end and whose beginning was handed over.
#[derive(Debug, Default)]
pub(crate) struct OpenSpans {
    sites: BTreeSet<(&'static str, u32, &'static str)>,
    count: u64,
}

/// Places of open spans that are named.
const MAX_PLACES: usize = 5;

impl Loss {
    /// Begins with what was counted.
    pub(crate) fn new(stats: &Stats, lanes: &[LaneStats], open: &OpenSpans) -> Self {
        let mut loss = Self {
            stats: *stats,
            by_collectors: 0,
            parts: Vec::new(),
        };
        // What runs still, and what had been handed over of what ran.
        loss.push_open(stats.open + open.count, open);
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

    /// Adds what a collector says, and how many spans it has lost itself.
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
        // Those that are named at run time have no place.
        let mut named = self.sites.iter().filter(|(file, ..)| !file.is_empty());
        for (index, (file, line, name)) in named.by_ref().take(MAX_PLACES).enumerate() {
            let separator = if index > 0 { "; " } else { "" };
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
