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
    /// What code that makes batches says; usually nothing.
    Said(Said<'a>),
    /// The reports of a tracer.
    Reports(&'a [PartReport]),
}

/// What code that makes batches says about their traces.
#[derive(Clone, Copy, Debug, Default)]
struct Said<'a> {
    /// The traces that have ended.
    completed: &'a [TraceId],
    /// The traces that have lost spans.
    losses: &'a [(TraceId, TraceLosses)],
    /// Whether the source reports ends, even if it has reported none here.
    reports_ends: bool,
}

impl<'a> BatchResource<'a> {
    /// Makes the resource of a batch that a tracer delivers.
    pub(super) fn from_tracer(resource: &'a Resource, reports: &'a [PartReport]) -> Self {
        let facts = TraceFacts::Reports(reports);
        Self { resource, facts }
    }

    /// Sets the traces that have ended, unless a tracer has already reported them.
    pub(super) fn with_completed_traces(self, completed: &'a [TraceId]) -> Self {
        self.saying(|said| said.completed = completed)
    }

    /// Sets the traces that have lost spans, unless a tracer has already reported them.
    pub(super) fn with_losses(self, losses: &'a [(TraceId, TraceLosses)]) -> Self {
        self.saying(|said| said.losses = losses)
    }

    /// Says that the source reports ends.
    pub(super) fn with_reported_ends(self) -> Self {
        self.saying(|said| said.reports_ends = true)
    }

    fn saying(mut self, say: impl FnOnce(&mut Said<'a>)) -> Self {
        match &mut self.facts {
            // The reports of a tracer stay, because they contain more.
            TraceFacts::Reports(_) => {}
            TraceFacts::Said(said) => say(said),
        }
        self
    }

    /// Returns the resource, without the reports about traces. It lives as long as the batch.
    #[must_use]
    pub const fn get(self) -> &'a Resource {
        self.resource
    }

    /// Returns the traces that have ended, once for each part of a trace.
    pub(super) fn completed_traces(self) -> impl Iterator<Item = TraceId> + use<'a> {
        let by_hand = self.said().completed;
        let reported = self.reports().unwrap_or_default().iter();
        let reported = reported.filter(|report| report.state == PartState::Ended);
        let by_hand = by_hand.iter().copied();
        by_hand.chain(reported.map(|report| report.part.trace))
    }

    /// Returns the traces that have lost spans, once for each report.
    pub(super) fn losses(self) -> impl Iterator<Item = (TraceId, TraceLosses)> + use<'a> {
        let reports = self.reports().unwrap_or_default().iter();
        let reported =
            reports.filter_map(|report| Some((report.part.trace, **report.losses.as_ref()?)));
        self.said().losses.iter().copied().chain(reported)
    }

    fn said(self) -> Said<'a> {
        match self.facts {
            TraceFacts::Said(said) => said,
            TraceFacts::Reports(_) => Said::default(),
        }
    }

    /// Returns all reports of the tracer; `None` if no tracer made the batch.
    pub(crate) const fn reports(self) -> Option<&'a [PartReport]> {
        match self.facts {
            TraceFacts::Reports(reports) => Some(reports),
            TraceFacts::Said(_) => None,
        }
    }

    /// Returns whether the source reports the ends of its parts of traces. Then no timer has to
    /// guess them. A tracer does.
    #[must_use]
    pub const fn reports_ends(self) -> bool {
        match self.facts {
            TraceFacts::Reports(_) => true,
            TraceFacts::Said(said) => said.reports_ends || !said.completed.is_empty(),
        }
    }
}

impl<'a> From<&'a Resource> for BatchResource<'a> {
    /// Makes a resource without reports about traces.
    fn from(resource: &'a Resource) -> Self {
        let facts = TraceFacts::Said(Said::default());
        Self { resource, facts }
    }
}

impl Deref for BatchResource<'_> {
    type Target = Resource;

    fn deref(&self) -> &Resource {
        self.resource
    }
}
