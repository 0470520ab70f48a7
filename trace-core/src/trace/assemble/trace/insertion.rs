//! Adds spans to a trace, and counts their memory.

use std::sync::Arc;

use super::{AddedSpan, Inserted, Trace};
use crate::trace::assemble::duplicates::{differs, is_preferred};
use crate::trace::assemble::foreign_span::ForeignSpanError;
use crate::trace::assemble::service_names::ServiceNames;
use crate::trace::assemble::span_bytes::span_heap_bytes;
use crate::value::SpanRecord;

impl Trace {
    /// Adds a span.
    ///
    /// If several spans have the same id and are not the two ends of a call, one is kept. This
    /// is the span that ends last. Ties are resolved in this order: the earlier start, more
    /// tags, logs and links, the greater `Debug` text. [`problems`](Self::problems) reports
    /// them.
    ///
    /// # Errors
    ///
    /// If the span belongs to another trace. The error returns the span.
    pub fn add_span(&mut self, span: SpanRecord) -> Result<AddedSpan, ForeignSpanError> {
        if span.trace_id != self.trace_id {
            return Err(ForeignSpanError::new(span, self.trace_id));
        }
        Ok(match self.insert(span, &ServiceNames::default()) {
            Inserted::New(_) => AddedSpan::New,
            Inserted::Copy | Inserted::Other | Inserted::Replaced(..) => AddedSpan::Duplicate,
        })
    }

    /// Adds a span of this trace. `names` contains the service names that all traces of a
    /// collector share. Their memory does not count here.
    pub(in crate::trace::assemble) fn insert(
        &mut self,
        mut span: SpanRecord,
        names: &ServiceNames,
    ) -> Inserted {
        let found = self.index.find(&self.spans, &span);
        let position = found.unwrap_or(self.spans.len());
        let before = position.checked_sub(1);
        // Consecutive spans usually have the same service and trace state. Then they share the
        // memory.
        if let Some(before) = before.and_then(|before| self.spans.get(before)) {
            span.tracestate.share_with(&before.tracestate);
            if span.service_name == before.service_name {
                span.service_name = Arc::clone(&before.service_name);
            }
        }
        let Some(kept) = found.and_then(|position| self.spans.get(position)) else {
            self.index.add(&span, position);
            self.make_room();
            self.spans.push(span);
            self.owned_bytes += self.owned_at(position, names);
            self.forest.take();
            return Inserted::New(position);
        };
        let differing = differs(&span, kept);
        let is_preferred = differing && is_preferred(&span, kept);
        self.duplicates.count(&span, differing);
        if !differing {
            return Inserted::Copy;
        }
        if !is_preferred {
            return Inserted::Other;
        }
        self.forest.take();
        // The next span may have shared memory with the old span but not with this one.
        let changed = [position, position + 1];
        let owned = |trace: &Self| changed.map(|at| trace.owned_at(at, names)).iter().sum();
        let bytes: usize = owned(self);
        let old = std::mem::replace(&mut self.spans[position], span);
        self.owned_bytes = (self.owned_bytes + owned(self)).saturating_sub(bytes);
        Inserted::Replaced(position, Box::new(old))
    }

    /// Returns the memory on the heap of the span at this position, in bytes; zero if there is
    /// none.
    fn owned_at(&self, position: usize, names: &ServiceNames) -> usize {
        let before = position.checked_sub(1);
        let before = before.and_then(|before| self.spans.get(before));
        let span = self.spans.get(position);
        span.map_or(0, |span| span_heap_bytes(span, before, names))
    }

    /// Makes room for one more span. A vector would reserve four places and then double
    /// them, which wastes most of a small trace's memory and half of a large one's.
    fn make_room(&mut self) {
        let len = self.spans.len();
        if len == self.spans.capacity() {
            self.spans.reserve_exact(1 + len / 4);
        }
    }
}
