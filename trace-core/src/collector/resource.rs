//! The service that recorded a batch, and what is known about its traces.
//!
//! Both are in one value. So a collector that filters or changes spans cannot pass them on
//! without the ends of their traces.

use std::ops::Deref;

use crate::stream::decode::{PartReport, PartState, TraceLosses};
use crate::value::{Resource, TraceId};

/// The resource of a batch, and the reports of its tracer: which traces have ended, and which
/// have lost spans.
///
/// It dereferences to the [`Resource`]. A collector that makes its own batch passes this value
/// on: see [`SpanBatch::from_records`](crate::SpanBatch::from_records). A value made from a
/// plain `Resource` reports nothing about traces.
#[derive(Clone, Copy, Debug)]
pub struct BatchResource<'a> {
    resource: &'a Resource,
    facts: TraceFacts<'a>,
}

/// What is known about the traces of a batch.
#[derive(Clone, Copy, Debug)]
enum TraceFacts<'a> {
    /// Nothing: the spans come from a file, or from code that makes batches.
    Nothing,
    /// The traces that have ended, set by code that makes batches.
    Completed(&'a [TraceId]),
    /// The reports of a tracer.
    Reports(&'a [PartReport]),
}

impl<'a> BatchResource<'a> {
    /// Makes the resource of a batch that a tracer delivers.
    pub(super) fn from_tracer(resource: &'a Resource, reports: &'a [PartReport]) -> Self {
        let facts = TraceFacts::Reports(reports);
        Self { resource, facts }
    }

    /// Sets the traces that have ended, unless a tracer has already reported them.
    pub(super) fn with_completed_traces(self, completed: &'a [TraceId]) -> Self {
        match self.facts {
            // The reports of a tracer stay, because they contain more.
            TraceFacts::Reports(_) => self,
            TraceFacts::Nothing | TraceFacts::Completed(_) => {
                let facts = TraceFacts::Completed(completed);
                Self { facts, ..self }
            }
        }
    }

    /// Returns the resource, without the reports about traces. It lives as long as the batch.
    #[must_use]
    pub const fn get(self) -> &'a Resource {
        self.resource
    }

    /// Returns the traces that have ended, once for each part of a trace.
    pub(super) fn completed_traces(self) -> impl Iterator<Item = TraceId> + use<'a> {
        let by_hand = match self.facts {
            TraceFacts::Completed(completed) => completed,
            TraceFacts::Nothing | TraceFacts::Reports(_) => &[],
        };
        let reported = self.reports().unwrap_or_default().iter();
        let reported = reported.filter(|report| report.state == PartState::Ended);
        let by_hand = by_hand.iter().copied();
        by_hand.chain(reported.map(|report| report.part.trace))
    }

    /// Returns the traces that have lost spans, once for each report.
    pub(super) fn losses(self) -> impl Iterator<Item = (TraceId, TraceLosses)> + use<'a> {
        let reports = self.reports().unwrap_or_default().iter();
        reports.filter_map(|report| Some((report.part.trace, **report.losses.as_ref()?)))
    }

    /// Returns all reports of the tracer; `None` if no tracer made the batch.
    pub(crate) const fn reports(self) -> Option<&'a [PartReport]> {
        match self.facts {
            TraceFacts::Reports(reports) => Some(reports),
            TraceFacts::Nothing | TraceFacts::Completed(_) => None,
        }
    }

    /// Returns whether ends of traces are reported. Then no timer has to guess them.
    pub(crate) const fn says_ends(self) -> bool {
        match self.facts {
            TraceFacts::Reports(_) => true,
            TraceFacts::Completed(completed) => !completed.is_empty(),
            TraceFacts::Nothing => false,
        }
    }
}

impl<'a> From<&'a Resource> for BatchResource<'a> {
    /// Makes a resource without reports about traces.
    fn from(resource: &'a Resource) -> Self {
        let facts = TraceFacts::Nothing;
        Self { resource, facts }
    }
}

impl Deref for BatchResource<'_> {
    type Target = Resource;

    fn deref(&self) -> &Resource {
        self.resource
    }
}
