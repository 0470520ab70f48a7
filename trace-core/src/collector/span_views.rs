//! The spans of a batch, one after another, wherever they are.

use std::slice::Iter;

use super::view::SpanView;
use crate::stream::decode::{Decoded, IndexedSpan};
use crate::value::{Resource, SpanRecord};

/// The views of a batch. An enum and not a chain: collectors walk through it for each batch.
pub(super) enum SpanViews<'b, 'a> {
    /// All spans of a tracer's batch.
    Decoded(Tracers<'a>, Iter<'a, IndexedSpan>),
    /// Those at some positions.
    Positions(Tracers<'a>, Iter<'b, usize>),
    Records(Iter<'a, SpanRecord>),
    Selected(Iter<'b, &'a SpanRecord>),
}

/// What the spans of a tracer share.
#[derive(Clone, Copy)]
pub(super) struct Tracers<'a> {
    pub(super) decoded: &'a Decoded,
    pub(super) resource: &'a Resource,
}

impl<'a> Tracers<'a> {
    #[inline]
    fn view(self, span: &'a IndexedSpan) -> SpanView<'a> {
        SpanView::from_stream(self.decoded, span, self.resource)
    }

    fn view_at(self, position: usize) -> Option<SpanView<'a>> {
        let span = self.decoded.spans().get(position)?;
        Some(self.view(span))
    }
}

impl<'a> Iterator for SpanViews<'_, 'a> {
    type Item = SpanView<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Decoded(tracers, spans) => spans.next().map(|span| tracers.view(span)),
            Self::Positions(tracers, positions) => {
                positions.find_map(|position| tracers.view_at(*position))
            }
            Self::Records(records) => records.next().map(SpanView::from_record),
            Self::Selected(records) => records.next().map(|record| SpanView::from_record(record)),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Decoded(_, spans) => spans.size_hint(),
            Self::Positions(_, positions) => (0, Some(positions.len())),
            Self::Records(records) => records.size_hint(),
            Self::Selected(records) => records.size_hint(),
        }
    }
}

impl DoubleEndedIterator for SpanViews<'_, '_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        match self {
            Self::Decoded(tracers, spans) => spans.next_back().map(|span| tracers.view(span)),
            Self::Positions(tracers, positions) => {
                let mut last_first = positions.by_ref().rev();
                last_first.find_map(|position| tracers.view_at(*position))
            }
            Self::Records(records) => records.next_back().map(SpanView::from_record),
            Self::Selected(records) => {
                let record = records.next_back();
                record.map(|record| SpanView::from_record(record))
            }
        }
    }
}
