//! What is asked of a scope whose code runs: the context of its span, and what is open.
//!
//! Both read the scope's own entries, so the stage has to be moved before, or be empty. They
//! are rare: a request asks for a context once.

use super::recording::Recording;
use crate::stream::{Cursor, Entry};
use crate::value::{SpanId, TraceContext};

/// Most spans that are followed outwards from the code that asks what is open. Recursion may
/// nest them without a bound.
#[cfg(feature = "testing")]
const MAX_AROUND: usize = 10_000;

impl Recording {
    /// The context of a span that is open in this scope.
    pub(in crate::record) fn context(&mut self, span: u64) -> TraceContext {
        // First, as it needs the whole stream: it moves the stage.
        let parent_span_id = self.parent_of(span);
        let stream = &*self.0;
        stream
            .head
            .context(span, parent_span_id, stream.baggage.clone())
    }

    /// The parent of a span that is open in this scope; `None` if it has none or it is not
    /// known.
    fn parent_of(&mut self, span: u64) -> Option<SpanId> {
        self.take_stage();
        SpanId::new(self.opened_below(span)?)
    }

    /// The parent with which a span was opened in this scope, as far as it is known. The
    /// stage must be empty, or belong to another scope.
    fn opened_below(&self, span: u64) -> Option<u64> {
        let mut cursor = Cursor::default();
        while let Some((id, entry, next)) = self.0.chunk.entry(cursor) {
            match entry {
                Entry::Open(open) if id == span => return Some(open.parent),
                _ => cursor = next,
            }
        }
        // The opening was handed over. The parent is known only if somebody has asked for a
        // hand-over; before that, a full chunk is handed over without a note.
        let rare = self.0.rare.as_ref()?;
        rare.parents.as_ref()?.parent_of(span)
    }

    /// What is open of the trace beside the spans around `span`, in which the scope's code
    /// runs. The stage must be empty, or belong to another scope.
    #[cfg(feature = "testing")]
    pub(in crate::record) fn beside(&self, mut span: u64) -> crate::record::trace::Beside {
        let mut around = 0;
        for _ in 0..MAX_AROUND {
            let Some(parent) = self.opened_below(span) else {
                // The span was opened in another scope, or there is none.
                break;
            };
            around += 1;
            span = parent;
        }
        let stream = &*self.0;
        let shared = stream.shared.as_ref();
        // A trace that nothing else belongs to has this one scope, and its strays are in
        // the stream.
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
