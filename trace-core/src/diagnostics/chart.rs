//! Counts what happened to the spans of each site, for one tracer.
//!
//! The [`Doctor`] shows these counts. The totals over all sites are in
//! [`stats`](super::stats), and are always exact.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use super::doctor::{Doctor, NotSampledBy, SiteReport, Times};
use super::loss::OpenSpans;
use crate::process::sync::Unpoisoned;
use crate::stream::decode::LaneLoss;
use crate::stream::{Absence, Site, SiteTable};

/// The counts of each site at one tracer.
///
/// Dropped spans are always counted. Recorded and unsampled spans are counted only while the
/// chart [is counting](Self::is_counting).
#[derive(Debug, Default)]
pub(crate) struct Chart {
    /// Whether the doctor of this tracer is armed. [`ARMED`] is the number of charts for which
    /// this is set.
    is_armed: AtomicBool,
    rows: Mutex<Rows>,
}

#[derive(Debug, Default)]
struct Rows {
    /// Finds a site by its number. Queues and workers know only the number.
    table: SiteTable,
    /// The key is the address of the site, which is unique because sites are never freed.
    rows: BTreeMap<usize, Row>,
}

/// The counts of one site.
#[derive(Debug)]
struct Row {
    site: &'static Site,
    recorded: u64,
    /// The index is the number of the [`NotSampledBy`].
    not_sampled: [u64; NotSampledBy::ALL.len()],
    dropped: BTreeMap<SiteLoss, u64>,
}

/// Why spans of a site were lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SiteLoss {
    /// The queue was full.
    Queue,
    /// The decoder kept too many spans, or too much data of one span.
    Limit,
    /// Open when the tracer was shut down.
    Open,
    /// Ended after the shutdown, or not read before the deadline of the shutdown.
    Late,
    /// Lost by the lane of the collector with this number.
    Lane(LaneLoss, usize),
}

/// Number of tracers whose doctor is armed. Arming and disarming change the doctor's flag
/// first, and then this number. So the number can be wrong for a moment if two threads do
/// this at once.
static ARMED: AtomicUsize = AtomicUsize::new(0);

/// Returns whether calls that are not recorded are counted: in debug builds, and while a
/// doctor is armed.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn is_counting() -> bool {
    // Relaxed: no data depends on this number. A thread that sees a change late counts a few
    // calls too many or too few.
    cfg!(debug_assertions) || ARMED.load(Ordering::Relaxed) > 0
}

impl Chart {
    /// Starts counting recorded and unsampled spans. In a release build, the counts start at
    /// zero.
    pub(crate) fn arm(&self) {
        // Relaxed: if several threads arm at once, the swap lets only one continue. The lock
        // of `rows` protects the counts, and the notes of sites are atomics.
        if self.is_armed.swap(true, Ordering::Relaxed) {
            return;
        }
        // Relaxed: only the number matters. `is_counting` reads it.
        let has_begun = ARMED.fetch_add(1, Ordering::Relaxed) > 0;
        Site::forget_notes(has_begun || cfg!(debug_assertions));
        if !cfg!(debug_assertions) {
            for row in self.rows().rows.values_mut() {
                (row.recorded, row.not_sampled) = (0, [0; NotSampledBy::ALL.len()]);
            }
        }
    }

    /// Stops the counting that [`arm`](Self::arm) started. The counts remain.
    pub(crate) fn disarm(&self) {
        // Relaxed, as in `arm`: only the thread that clears the flag subtracts.
        if self.is_armed.swap(false, Ordering::Relaxed) {
            ARMED.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Returns whether this tracer counts recorded and unsampled spans.
    pub(crate) fn is_counting(&self) -> bool {
        // Relaxed: a worker that sees a change late counts one batch more or less.
        cfg!(debug_assertions) || self.is_armed.load(Ordering::Relaxed)
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unpoisoned()
    }

    /// Counts spans that the worker has read, once for each site in `sites`.
    pub(crate) fn read(&self, sites: impl Iterator<Item = &'static Site>) {
        let mut rows = self.rows();
        for site in sites {
            rows.row(site).recorded += 1;
        }
    }

    /// Counts a span that is not sampled, and sets a note at its site.
    pub(crate) fn refuse(&self, site: &'static Site, by: NotSampledBy) {
        site.note(Absence::Unsampled, is_counting());
        if let Some(count) = self.rows().row(site).not_sampled.get_mut(by as usize) {
            *count += 1;
        }
    }

    /// Counts dropped spans, one for each site in `sites`.
    pub(crate) fn drop_all(&self, sites: impl Iterator<Item = &'static Site>, reason: SiteLoss) {
        let mut rows = self.rows();
        for site in sites {
            *rows.row(site).dropped.entry(reason).or_default() += 1;
        }
    }

    /// Counts dropped spans, given as pairs of a site's number and a number of spans.
    pub(crate) fn drop_numbers(
        &self,
        sites: impl IntoIterator<Item = (u32, u64)>,
        reason: SiteLoss,
    ) {
        let mut rows = self.rows();
        for (number, spans) in sites {
            let site = rows.table.site(number);
            *rows.row(site).dropped.entry(reason).or_default() += spans;
        }
    }

    /// Returns the spans that were open when the tracer was shut down.
    pub(crate) fn open_spans(&self) -> OpenSpans {
        let mut open = OpenSpans::default();
        for row in self.rows().rows.values() {
            if let Some(spans) = row.dropped.get(&SiteLoss::Open) {
                open.add(row.site, *spans);
            }
        }
        open
    }

    /// Returns a report of every site that the program has reached. `collectors` contains the
    /// names of the collectors, by number.
    pub(crate) fn report(&self, collectors: &[String]) -> Doctor {
        let mut rows = self.rows();
        for site in Site::all_recorded().into_iter().chain(Site::noted()) {
            rows.row(site);
        }
        let is_counting = self.is_counting();
        let reports = rows
            .rows
            .values()
            .map(|row| row.report(is_counting, collectors));
        Doctor::new(
            reports.filter(|report| !report.is_empty()).collect(),
            is_counting,
        )
    }
}

impl Drop for Chart {
    /// Disarms the chart. Otherwise the process would count forever after an armed tracer has
    /// ended.
    fn drop(&mut self) {
        self.disarm();
    }
}

impl Rows {
    /// Returns the row of a site. Adds the row if it is missing.
    fn row(&mut self, site: &'static Site) -> &mut Row {
        let address = std::ptr::from_ref(site).addr();
        self.rows.entry(address).or_insert_with(|| Row {
            site,
            recorded: 0,
            not_sampled: [0; NotSampledBy::ALL.len()],
            dropped: BTreeMap::new(),
        })
    }
}

impl Row {
    fn report(&self, is_counting: bool, collectors: &[String]) -> SiteReport {
        let (site, notes) = (self.site, self.site.notes());
        // A count of zero means nothing if calls were not counted. Then only the flag of the
        // site itself (`is_known`) shows that there was a call.
        let times = |count: u64, is_known: bool| match count {
            0 if is_known && !is_counting => Times::AtLeastOnce,
            0 => Times::Never,
            count if is_counting => Times::Counted(count),
            _ => Times::AtLeastOnce,
        };
        let not_sampled = NotSampledBy::ALL.into_iter().zip(self.not_sampled);
        let not_sampled = not_sampled.filter(|(_, count)| *count > 0);
        let dropped = self.dropped.iter();
        SiteReport {
            operation_name: site.operation_name(),
            file: site.file(),
            line: site.line(),
            recorded: times(self.recorded, site.has_recorded()),
            outside: times(notes.outside(), notes.has(Absence::Outside)),
            no_tracer: times(notes.no_tracer(), notes.has(Absence::NoTracer)),
            not_sampled: not_sampled
                .map(|(by, count)| (by, times(count, true)))
                .collect(),
            dropped: dropped
                .map(|(reason, count)| (reason.text(collectors), *count))
                .collect(),
        }
    }
}

impl SiteLoss {
    fn text(self, collectors: &[String]) -> String {
        let name = |number: usize| collectors.get(number).map_or("?", String::as_str);
        match self {
            Self::Queue => "the queue was full".to_owned(),
            Self::Limit => "too much was open at once".to_owned(),
            Self::Open => "open at the shutdown".to_owned(),
            Self::Late => "after the shutdown or its deadline".to_owned(),
            Self::Lane(LaneLoss::Full, lane) => {
                format!("the lane of collector {} was full", name(lane))
            }
            Self::Lane(LaneLoss::Panic, lane) => format!("collector {} panicked", name(lane)),
            Self::Lane(LaneLoss::Shutdown, lane) => {
                format!("collector {} was not done at the deadline", name(lane))
            }
        }
    }
}
