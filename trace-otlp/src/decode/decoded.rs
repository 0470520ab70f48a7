//! The result of decoding: requests, their groups of spans, and totals.

use trace_core::{Collector, Resource, SpanBatch, SpanRecord};

use super::error::DecodeError;

/// Most problems that are kept: in a small span there is room for large ones.
pub(super) const MAX_PROBLEMS: usize = 100;

/// The spans of one `ExportTraceServiceRequest`.
#[derive(Clone, Debug, Default)]
pub struct DecodedRequest {
    /// Spans by who recorded them, in the order of the input.
    pub groups: Vec<ResourceSpans>,
    /// How many spans were left out. Spans count that are in what cannot be read, as far
    /// as they can be found there; a request, a group or another value without any counts
    /// as one. Always 0 unless [`DecodeOptions::lenient`](super::DecodeOptions::lenient) is
    /// set.
    pub left_out: u64,
    /// Why, for the first 100.
    pub problems: Vec<DecodeError>,
    /// How many values of enums are not known, a kind or a code of a status; they are
    /// read as not specified.
    pub unknown_enums: u64,
    /// How many spans of Jaeger's name a process that their trace does not have; their
    /// service is `unknown_service`.
    pub unknown_services: u64,
    /// What the answer of Tempo or Jaeger that this is says of its not being whole, in up
    /// to 240 characters as [`visible`](trace_core::visible) writes them.
    pub partial: Option<String>,
}

/// Spans of one service.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceSpans {
    /// Who recorded the spans.
    pub resource: Resource,
    /// The spans of all scopes, in the order of the input.
    pub spans: Vec<SpanRecord>,
}

/// What an input had in it.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Requests, also those that cannot be read.
    pub requests: u64,
    /// Spans.
    pub spans: u64,
    /// How many spans were left out; see [`DecodedRequest::left_out`].
    pub left_out: u64,
    /// Why, for the first 100.
    pub problems: Vec<DecodeError>,
    /// How many values of enums are not known; see [`DecodedRequest::unknown_enums`].
    pub unknown_enums: u64,
    /// How many spans have a service that is not known; see
    /// [`DecodedRequest::unknown_services`].
    pub unknown_services: u64,
    /// What answers say that are not whole, the first 100; see [`DecodedRequest::partial`].
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

    /// Gives `collector` the spans, a batch for each group.
    pub fn feed(&self, collector: &(impl Collector + ?Sized)) {
        for ResourceSpans { resource, spans } in &self.groups {
            collector.collect(&SpanBatch::from_records(resource, spans));
        }
    }
}

impl Totals {
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
