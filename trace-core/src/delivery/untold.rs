//! Reports that a collector missed, with the batches that it did not take.

use std::borrow::Cow;
use std::sync::Arc;

use super::shared_batch::SharedBatch;
use crate::process::maps::{HashMap, HashSet};
use crate::stream::decode::{
    Decoded, LossReason, Part, PartLosses, PartReport, PartState, TraceLosses,
};

/// Reports that a collector missed with the batches that it did not take: which parts of
/// traces have ended, and what was lost of them. Bounded by the parts that the collector
/// knows to be open, plus a fixed number of others.
#[derive(Debug)]
pub(super) struct Untold {
    /// Parts that the collector knows to be open.
    open: HashSet<Part>,
    /// Open parts that the collector has not heard of.
    opened: HashSet<Part>,
    /// Parts that have ended or were given up, in the order in which they did.
    ended: Vec<(Part, PartState)>,
    losses: PartLosses,
    /// Whether one of `ended` is known to the collector as open.
    is_urgent: bool,
}

impl Untold {
    /// Keeps reports of at most `max_parts` parts that the collector does not know, in 128
    /// bytes each.
    pub(super) fn bounded(max_parts: usize) -> Self {
        Self {
            open: HashSet::default(),
            opened: HashSet::default(),
            ended: Vec::new(),
            losses: PartLosses::bounded(max_parts),
            is_urgent: false,
        }
    }

    /// Whether a report should not wait for the next batch: a part has ended that the
    /// collector knows to be open.
    pub(super) fn is_urgent(&self) -> bool {
        self.is_urgent
    }

    /// Whether there is anything to report with the next batch.
    pub(super) fn is_any(&self) -> bool {
        !self.ended.is_empty() || !self.opened.is_empty() || !self.losses.is_empty()
    }

    /// Notes a batch that the collector did not take.
    pub(super) fn miss(&mut self, decoded: &Decoded, reports: &[PartReport], reason: LossReason) {
        let mut spans: HashMap<Part, u64> = HashMap::default();
        for part in decoded.parts_of_spans() {
            *spans.entry(part).or_default() += 1;
        }
        let ended = reports.iter().filter(|report| !report.is_open());
        let ended: HashSet<Part> = ended.map(|report| report.part).collect();
        for (part, spans) in spans {
            let lost = TraceLosses::from_reason(reason, spans);
            if ended.contains(&part) && !self.open.contains(&part) {
                self.losses.add_whole(part, &lost);
            } else {
                self.losses.add(part, &lost);
            }
        }
        for report in reports {
            if let Some(losses) = &report.losses {
                self.losses.add(report.part, losses);
            }
            if report.is_open() {
                self.opened.insert(report.part);
                continue;
            }
            let is_known = self.open.contains(&report.part);
            self.opened.remove(&report.part);
            self.is_urgent |= is_known;
            if is_known || self.ended.len() < self.losses.most() {
                self.ended.push((report.part, report.state));
            } else {
                // There is no room for its end; drop its losses as well.
                let _forgotten = self.losses.take(report.part);
            }
        }
    }

    /// Returns the reports to give with a batch: those that were missed, then `reports`. The
    /// caller then says whether the collector [took](Self::took) or [missed](Self::miss) them.
    pub(super) fn tell<'a>(&mut self, reports: &'a [PartReport]) -> Cow<'a, [PartReport]> {
        if self.is_any() {
            Cow::Owned(self.tell_all(reports))
        } else {
            Cow::Borrowed(reports)
        }
    }

    /// Notes the reports that the collector took.
    pub(super) fn took(&mut self, told: &[PartReport]) {
        for report in told {
            if report.is_open() {
                self.open.insert(report.part);
            } else if !self.open.is_empty() {
                self.open.remove(&report.part);
            }
        }
    }

    #[cold]
    fn tell_all(&mut self, reports: &[PartReport]) -> Vec<PartReport> {
        self.is_urgent = false;
        let opened = self.opened.drain().map(PartReport::opened);
        let mut told: Vec<PartReport> = opened.collect();
        for (part, state) in std::mem::take(&mut self.ended) {
            told.push(PartReport {
                state,
                ..PartReport::ended(part, self.losses.take(part))
            });
        }
        for report in reports {
            let mut report = report.clone();
            if !report.is_open()
                && let Some(losses) = self.losses.take(report.part)
            {
                report.losses.get_or_insert_default().add(&losses);
            }
            told.push(report);
        }
        if self.open.is_empty() && told.iter().all(|report| !report.is_open()) {
            // No part is open, so no later report can miss an uncounted loss.
            self.losses.settle();
        }
        told
    }
}

/// A batch as one collector gets it.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) batch: Arc<SharedBatch>,
    /// Its own reports, if it had missed some; else those of the batch hold.
    pub(super) reports: Option<Vec<PartReport>>,
}

impl Given {
    /// Returns the reports that go with the batch.
    pub(super) fn reports(&self) -> &[PartReport] {
        let own = self.reports.as_deref();
        own.unwrap_or(self.batch.decoded.reports())
    }
}
