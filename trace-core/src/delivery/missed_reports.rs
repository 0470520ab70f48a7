//! Reports that a collector missed because it did not take their batches.
//!
//! A batch contains spans and reports about parts. If a lane is full or a collector panics,
//! the spans are lost for this collector. The reports must not be lost: without the end of a
//! part, the collector would wait for that part forever. This file keeps them for the next
//! batch, and adds how many spans of each part were lost. It does not decide when they are
//! delivered.

use std::borrow::Cow;
use std::sync::Arc;

use super::shared_batch::SharedBatch;
use crate::process::maps::{HashMap, HashSet};
use crate::stream::decode::{
    Decoded, LossReason, Part, PartLosses, PartReport, PartState, TraceLosses,
};

/// Reports that one collector missed: which parts of traces have ended, and what they have
/// lost. Bounded by the parts that the collector knows to be open, plus a fixed number of
/// others.
#[derive(Debug)]
pub(super) struct MissedReports {
    /// Parts that the collector knows to be open: it took a report of their opening, but none
    /// of their end.
    open: HashSet<Part>,
    /// Open parts that the collector does not know.
    opened: HashSet<Part>,
    /// Parts that have ended or were given up, in order of their ends, but whose end the
    /// collector does not know.
    ended: Vec<(Part, PartState)>,
    /// The number of spans that the collector lost, by part, until the part's end is reported.
    losses: PartLosses,
    /// Set if one of the parts in `ended` is also in `open`.
    is_urgent: bool,
}

impl MissedReports {
    /// Makes an empty list that keeps reports of at most `max_parts` parts that the collector
    /// does not know. Each takes 128 bytes.
    pub(super) fn with_max_parts(max_parts: usize) -> Self {
        Self {
            open: HashSet::default(),
            opened: HashSet::default(),
            ended: Vec::new(),
            losses: PartLosses::bounded(max_parts),
            is_urgent: false,
        }
    }

    /// Whether the collector knows a part to be open that has ended. Then the report should
    /// not wait for the next batch.
    pub(super) fn is_urgent(&self) -> bool {
        self.is_urgent
    }

    /// Whether there is anything to add to the reports of the next batch.
    pub(super) fn has_reports(&self) -> bool {
        !self.ended.is_empty() || !self.opened.is_empty() || !self.losses.is_empty()
    }

    /// Notes a batch that the collector did not take, with its reports.
    pub(super) fn note_missed(
        &mut self,
        decoded: &Decoded,
        reports: &[PartReport],
        reason: LossReason,
    ) {
        // Counted by part, because a batch has few parts.
        let mut spans: HashMap<Part, u64> = HashMap::default();
        for part in decoded.parts_of_spans() {
            *spans.entry(part).or_default() += 1;
        }
        let ended = reports.iter().filter(|report| !report.is_open());
        let ended: HashSet<Part> = ended.map(|report| report.part).collect();
        for (part, spans) in spans {
            let lost = TraceLosses::from_reason(reason, spans);
            // The collector does not know this part, and the part has ended. So its losses may
            // be forgotten if there is little room.
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
            // The end of a known part is always kept, because `open` limits their number.
            let is_known = self.open.contains(&report.part);
            self.opened.remove(&report.part);
            self.is_urgent |= is_known;
            if is_known || self.ended.len() < self.losses.most() {
                self.ended.push((report.part, report.state));
            } else {
                // There is no room for its end, so its losses are dropped, too. They are
                // reported only with the end.
                let _forgotten = self.losses.take(report.part);
            }
        }
    }

    /// Returns the reports for a batch: first the missed ones, which are removed from the
    /// list, then `reports`. The caller must then note whether the collector
    /// [took](Self::note_taken) or [missed](Self::note_missed) the returned reports.
    pub(super) fn take_with<'a>(&mut self, reports: &'a [PartReport]) -> Cow<'a, [PartReport]> {
        if self.has_reports() {
            Cow::Owned(self.take_all_with(reports))
        } else {
            Cow::Borrowed(reports)
        }
    }

    /// Notes the reports that the collector took.
    pub(super) fn note_taken(&mut self, told: &[PartReport]) {
        for report in told {
            if report.is_open() {
                self.open.insert(report.part);
            } else if !self.open.is_empty() {
                self.open.remove(&report.part);
            }
        }
    }

    /// Takes all missed reports, and adds the losses to the ends in `reports`.
    #[cold]
    fn take_all_with(&mut self, reports: &[PartReport]) -> Vec<PartReport> {
        // If the collector misses these reports, too, `note_missed` sets it again.
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
            // No part is open for this collector, so no later end can belong to losses that
            // were not counted by part.
            self.losses.settle();
        }
        told
    }
}

/// A batch for one collector. The spans are shared. The reports may be the collector's own.
#[derive(Debug)]
pub(super) struct LaneBatch {
    pub(super) batch: Arc<SharedBatch>,
    /// The collector's own reports, if it had missed some. They include the reports of the
    /// batch.
    pub(super) reports: Option<Vec<PartReport>>,
}

impl LaneBatch {
    /// Returns the reports that go with the batch.
    pub(super) fn reports(&self) -> &[PartReport] {
        let own = self.reports.as_deref();
        own.unwrap_or(self.batch.decoded.reports())
    }
}
