//! What became of the spans of each site at one tracer.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use super::doctor::{Doctor, NotSampledBy, SiteReport, Times};
use super::loss::OpenSpans;
use crate::process::sync::Unpoisoned;
use crate::stream::decode::LaneLoss;
use crate::stream::{Absence, Site, SiteTable};

/// What became of the spans of each site at one tracer. What is dropped is always counted;
/// what is recorded, and not sampled, while somebody [counts](is_counting).
#[derive(Debug, Default)]
pub(crate) struct Chart {
    is_armed: AtomicBool,
    rows: Mutex<Rows>,
}

#[derive(Debug, Default)]
struct Rows {
    table: SiteTable,
    /// By the address of the site.
    rows: BTreeMap<usize, Row>,
}

#[derive(Debug)]
struct Row {
    site: &'static Site,
    recorded: u64,
    not_sampled: [u64; NotSampledBy::ALL.len()],
    dropped: BTreeMap<SiteLoss, u64>,
}

/// Why spans of a site were lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SiteLoss {
    Queue,
    Limit,
    /// Open when the tracer was shut down.
    Open,
    /// Ended after the shutdown.
    Late,
    /// At the collector with this number.
    Lane(LaneLoss, usize),
}

/// Tracers whose doctor is armed.
static ARMED: AtomicUsize = AtomicUsize::new(0);

/// Whether somebody counts what is not recorded: in debug builds, and where a doctor is
/// armed.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn is_counting() -> bool {
    cfg!(debug_assertions) || ARMED.load(Ordering::Relaxed) > 0
}

impl Chart {
    /// Starts counting what is recorded and not sampled.
    pub(crate) fn arm(&self) {
        if self.is_armed.swap(true, Ordering::Relaxed) {
            return;
        }
        let has_begun = ARMED.fetch_add(1, Ordering::Relaxed) > 0;
        Site::forget_notes(has_begun || cfg!(debug_assertions));
        if !cfg!(debug_assertions) {
            for row in self.rows().rows.values_mut() {
                (row.recorded, row.not_sampled) = (0, [0; NotSampledBy::ALL.len()]);
            }
        }
    }

    pub(crate) fn disarm(&self) {
        if self.is_armed.swap(false, Ordering::Relaxed) {
            ARMED.fetch_sub(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn is_counting(&self) -> bool {
        cfg!(debug_assertions) || self.is_armed.load(Ordering::Relaxed)
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unpoisoned()
    }

    /// Counts spans that were read.
    pub(crate) fn read(&self, sites: impl Iterator<Item = &'static Site>) {
        let mut rows = self.rows();
        for site in sites {
            rows.row(site).recorded += 1;
        }
    }

    /// Counts a span that is not sampled.
    pub(crate) fn refuse(&self, site: &'static Site, by: NotSampledBy) {
        site.note(Absence::Unsampled, is_counting());
        if let Some(count) = self.rows().row(site).not_sampled.get_mut(by as usize) {
            *count += 1;
        }
    }

    /// Counts spans that were dropped.
    pub(crate) fn drop_all(&self, sites: impl Iterator<Item = &'static Site>, reason: SiteLoss) {
        let mut rows = self.rows();
        for site in sites {
            *rows.row(site).dropped.entry(reason).or_default() += 1;
        }
    }

    /// Counts dropped spans by the numbers of their sites: so many of each.
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

    /// Spans that were open when the tracer was shut down.
    pub(crate) fn open_spans(&self) -> OpenSpans {
        let mut open = OpenSpans::default();
        for row in self.rows().rows.values() {
            if let Some(spans) = row.dropped.get(&SiteLoss::Open) {
                open.add(row.site, *spans);
            }
        }
        open
    }

    /// Returns a report of every site. `collectors` are the names of the collectors, by number.
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
    fn drop(&mut self) {
        self.disarm();
    }
}

impl Rows {
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
