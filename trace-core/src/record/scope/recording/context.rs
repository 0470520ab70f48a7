//! Reads a scope whose code runs: the context of its span, and what is open.
//!
//! Both read the scope's own entries, so the stage has to be empty or moved first. Both are
//! rare: a request needs a context about once.

use super::recording::Recording;
use crate::stream::{Cursor, Entry};
use crate::value::{SpanId, TraceContext};

/// The maximum number of spans to follow outwards from the calling code. Recursion may nest
/// spans without limit.
#[cfg(feature = "testing")]
const MAX_AROUND: usize = 10_000;

impl Recording {
    /// Returns the context of a span that is open in this scope.
    pub(in crate::record) fn context(&mut self, span: u64) -> TraceContext {
        // This comes first, because it needs the whole stream and moves the stage.
        let parent_span_id = self.parent_of(span);
        let stream = &*self.0;
        stream
            .head
            .context(span, parent_span_id, stream.baggage.clone())
    }

    /// Returns the parent of a span that is open in this scope; `None` if it has none or if it
    /// is unknown.
    fn parent_of(&mut self, span: u64) -> Option<SpanId> {
        self.take_stage();
        SpanId::new(self.opened_below(span)?)
    }

    /// Returns the parent with which a span was opened in this scope, if it is known. The
    /// stage must be empty, or belong to another scope.
    fn opened_below(&self, span: u64) -> Option<u64> {
        let mut cursor = Cursor::default();
        while let Some((id, entry, next)) = self.0.chunk.entry(cursor) {
            match entry {
                Entry::Open(open) if id == span => return Some(open.parent),
                _ => cursor = next,
            }
        }
        // The opening was handed over. The parent is known only after a requested hand-over.
        // Before that, full chunks are handed over without a list of parents.
        let rare = self.0.rare.as_ref()?;
        rare.parents.as_ref()?.parent_of(span)
    }

    /// Returns what is open in the trace, except `span`, in which the scope's code runs, and
    /// the spans around it. The stage must be empty, or belong to another scope.
    #[cfg(feature = "testing")]
    pub(in crate::record) fn beside(&self, mut span: u64) -> crate::record::trace::Beside {
        let mut around = 0;
        for _ in 0..MAX_AROUND {
            let Some(parent) = self.opened_below(span) else {
                // The span was opened in another scope, or there is no span.
                break;
            };
            around += 1;
            span = parent;
        }
        let stream = &*self.0;
        let shared = stream.shared.as_ref();
        // A trace that is not shared has only this scope, and its strays are in the stream.
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
