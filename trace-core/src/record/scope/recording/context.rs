//! What is asked of a scope whose code runs: the context of its span, and what is open.
//!
//! Both read the scope's own entries, so the stage is moved first, or must be empty. It
//! is rare: a context is asked for once in a request.

use super::recording::Recording;
use crate::stream::{Cursor, Entry};
use crate::value::{SpanId, TraceContext};

/// Most spans around the code that asks what is open beside it.
#[cfg(feature = "testing")]
const MAX_AROUND: usize = 10_000;

impl Recording {
    /// The context of a span that is open in this scope.
    pub(in crate::record) fn context(&mut self, span: u64) -> TraceContext {
        let parent_span_id = self.parent_of(span);
        let stream = &*self.0;
        stream
            .head
            .context(span, parent_span_id, stream.baggage.clone())
    }

    /// The parent of a span that is open in this scope.
    fn parent_of(&mut self, span: u64) -> Option<SpanId> {
        self.take_stage();
        SpanId::new(self.opened_below(span)?)
    }

    /// Below which span one was opened in this scope, as far as that is known. The stage
    /// must be empty, or another scope's.
    fn opened_below(&self, span: u64) -> Option<u64> {
        let mut cursor = Cursor::default();
        while let Some((id, entry, next)) = self.0.chunk.entry(cursor) {
            match entry {
                Entry::Open(open) if id == span => return Some(open.parent),
                _ => cursor = next,
            }
        }
        // The opening was handed over: known only if somebody had asked for that.
        let rare = self.0.rare.as_ref()?;
        rare.parents.as_ref()?.parent_of(span)
    }

    /// What is open of the trace, whose code runs in this span. The stage must be empty, or
    /// another scope's.
    #[cfg(feature = "testing")]
    pub(in crate::record) fn beside(&self, mut span: u64) -> crate::record::trace::Beside {
        let mut around = 0;
        for _ in 0..MAX_AROUND {
            let Some(parent) = self.opened_below(span) else {
                // It is another scope's, or none.
                break;
            };
            around += 1;
            span = parent;
        }
        let stream = &*self.0;
        let shared = stream.shared.as_ref();
        let (scopes, strays) = shared.map_or((1, 0), |trace| trace.open_scopes_and_strays());
        let [_, part] = stream.numbers();
        crate::record::trace::Beside {
            part,
            scopes,
            strays,
            spans_here: stream.strays - around,
        }
    }
}
