//! The result of decoding: requests, their groups of spans, and totals.

use trace_core::{Collector, Resource, SpanBatch, SpanRecord};

use super::error::DecodeError;
use crate::facts::TraceReports;

/// Most problems that are kept, because even a small span can cause a long message.
pub(super) const MAX_PROBLEMS: usize = 100;

/// The spans of one `ExportTraceServiceRequest`.
#[derive(Clone, Debug, Default)]
pub struct DecodedRequest {
    /// Spans by the resource that recorded them, in the order of the input.
    pub groups: Vec<ResourceSpans>,
    /// How many spans were left out. If a part of the input cannot be read, the spans that can
    /// be found in it count. A request, a group or another value in which none is found counts
    /// as one. Always 0 unless [`DecodeOptions::lenient`](super::DecodeOptions::lenient) is
    /// set.
    pub left_out: u64,
    /// The first 100 reasons why parts were left out.
    pub problems: Vec<DecodeError>,
    /// How many enum values are unknown (kinds of spans, and codes of statuses). They are read
    /// as unspecified.
    pub unknown_enums: u64,
    /// How many Jaeger spans name a process that their trace does not have; their service
    /// is `unknown_service`.
    pub unknown_services: u64,
    /// The reason that an answer of Tempo or Jaeger gives for being incomplete: up to 240
    /// characters, written by [`visible`](trace_core::visible). `None` if the answer does not
    /// report that it is incomplete.
    pub partial: Option<String>,
}

/// Spans of one service.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceSpans {
    /// The service that recorded the spans, with its attributes.
    pub resource: Resource,
    /// The spans of all scopes, in the order of the input.
    pub spans: Vec<SpanRecord>,
    /// Reports about their traces and about others.
    pub reports: TraceReports,
}

/// Totals of an input.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Requests, including those that cannot be read.
    pub requests: u64,
    /// Spans.
    pub spans: u64,
    /// How many spans were left out; see [`DecodedRequest::left_out`].
    pub left_out: u64,
    /// The first 100 reasons why parts were left out.
    pub problems: Vec<DecodeError>,
    /// How many enum values are unknown; see [`DecodedRequest::unknown_enums`].
    pub unknown_enums: u64,
    /// How many spans have an unknown service; see [`DecodedRequest::unknown_services`].
    pub unknown_services: u64,
    /// The first 100 reasons why answers are incomplete; see [`DecodedRequest::partial`].
    pub partial: Vec<String>,
}

impl DecodedRequest {
    /// Returns how many spans there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups.iter().map(|group| group.spans.len()).sum()
    }

    /// Returns whether there is no span.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Passes the spans to `collector`, in one batch for each group, with the reports about
    /// their traces.
    pub fn feed(&self, collector: &(impl Collector + ?Sized)) {
        for group in &self.groups {
            collector.collect(&group.batch());
        }
    }
}

impl ResourceSpans {
    /// Makes a group without reports.
    #[must_use]
    pub fn new(resource: Resource, spans: Vec<SpanRecord>) -> Self {
        Self {
            resource,
            spans,
            reports: TraceReports::default(),
        }
    }

    /// Returns the spans and reports as a batch for collectors.
    ///
    /// A [`TraceCollector`](trace_core::TraceCollector) then knows what the tracer that sent
    /// the spans knew: which parts of a trace have ended, and which spans it has lost.
    #[must_use]
    pub fn batch(&self) -> SpanBatch<'_> {
        let batch = SpanBatch::from_records(&self.resource, &self.spans)
            .with_completed_traces(&self.reports.ended)
            .with_losses(&self.reports.losses);
        if self.reports.reports_ends {
            batch.with_reported_ends()
        } else {
            batch
        }
    }
}

impl Totals {
    #[cfg(feature = "json")]
    pub(super) fn add(&mut self, request: DecodedRequest) {
        self.requests += 1;
        self.spans += u64::try_from(request.len()).unwrap_or(u64::MAX);
        self.left_out += request.left_out;
        self.unknown_enums += request.unknown_enums;
        self.unknown_services += request.unknown_services;
        if self.partial.len() < MAX_PROBLEMS {
            self.partial.extend(request.partial);
        }
        let space = MAX_PROBLEMS.saturating_sub(self.problems.len());
        self.problems
            .extend(request.problems.into_iter().take(space));
    }
}
