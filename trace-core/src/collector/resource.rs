//! Who recorded a batch, and what is known of its traces.

use std::ops::Deref;

use crate::stream::decode::{PartReport, PartState, TraceLosses};
use crate::value::{Resource, TraceId};

/// The resource of a batch, and what its tracer said of the traces in it: which have ended,
/// and what was lost of them.
///
/// It is passed on with the spans: see [`SpanBatch::from_records`](crate::SpanBatch::from_records).
/// A resource that no tracer has sent says nothing.
#[derive(Clone, Copy, Debug)]
pub struct BatchResource<'a> {
    resource: &'a Resource,
    facts: TraceFacts<'a>,
}

/// What is known of the traces of a batch.
#[derive(Clone, Copy, Debug)]
enum TraceFacts<'a> {
    /// Nothing: the spans come from a file, or by hand.
    Nothing,
    /// Which have ended, by hand.
    Completed(&'a [TraceId]),
    /// All that a tracer knows.
    Reports(&'a [PartReport]),
}

impl<'a> BatchResource<'a> {
    pub(super) fn from_tracer(resource: &'a Resource, reports: &'a [PartReport]) -> Self {
        let facts = TraceFacts::Reports(reports);
        Self { resource, facts }
    }

    pub(super) fn with_completed_traces(self, completed: &'a [TraceId]) -> Self {
        match self.facts {
            // What the tracer says is more.
            TraceFacts::Reports(_) => self,
            TraceFacts::Nothing | TraceFacts::Completed(_) => {
                let facts = TraceFacts::Completed(completed);
                Self { facts, ..self }
            }
        }
    }

    /// Returns the resource alone.
    #[must_use]
    pub const fn get(self) -> &'a Resource {
        self.resource
    }

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

    pub(super) fn losses(self) -> impl Iterator<Item = (TraceId, TraceLosses)> + use<'a> {
        let reports = self.reports().unwrap_or_default().iter();
        reports.filter_map(|report| Some((report.part.trace, **report.losses.as_ref()?)))
    }

    /// All that the tracer said, if one did.
    pub(crate) const fn reports(self) -> Option<&'a [PartReport]> {
        match self.facts {
            TraceFacts::Reports(reports) => Some(reports),
            TraceFacts::Nothing | TraceFacts::Completed(_) => None,
        }
    }

    /// Whether the ends of traces are said, and not to be guessed.
    pub(crate) const fn says_ends(self) -> bool {
        match self.facts {
            TraceFacts::Reports(_) => true,
            TraceFacts::Completed(completed) => !completed.is_empty(),
            TraceFacts::Nothing => false,
        }
    }
}

impl<'a> From<&'a Resource> for BatchResource<'a> {
    /// A resource of which nothing is said.
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
