//! Writes ends of spans into the chunk, on behalf of code that runs elsewhere.
//!
//! These are ends that were left with the scope, and ends of spans whose scope waits below
//! another one. The stage must be empty, or belong to another scope, because entries are read
//! in the order of the chunk.

use super::recording::Recording;
use crate::record::trace::SpanEnd;
use crate::stream::{EntryKind, Header, outcome_number};
use crate::value::Outcome;

impl Recording {
    /// Ends a span of this scope now, while the scope's code does not run.
    pub(in crate::record) fn close(&mut self, span: u64, outcome: Outcome) {
        let time = self.0.tracer.clock.raw();
        self.write_end(&SpanEnd {
            span,
            outcome,
            time,
            ended_at: None,
        });
    }

    /// Writes the ends that were left with the home.
    pub(super) fn write_ends(&mut self) {
        let home = self.0.home().filter(|home| home.has_ends());
        for end in home.map(|home| home.take_ends()).unwrap_or_default() {
            self.write_end(&end);
        }
    }

    /// Writes the end of a span whose code does not run at the moment. The stage must be empty
    /// or belong to another scope.
    ///
    /// It does not reserve room as `make_room` does. The buffer grows automatically, and a
    /// piece may become too long for a short piece without having a beginning.
    pub(in crate::record) fn write_end(&mut self, end: &SpanEnd) {
        let words = &mut self.0.chunk.words;
        if let Some(time) = end.ended_at {
            let header = Header::new(EntryKind::EndedAt, 0, 0, 0);
            words.extend([header.word(), end.span, time.as_unix_nanos()]);
        }
        let header = Header::new(EntryKind::Close, outcome_number(end.outcome), 0, 0);
        words.extend([header.word(), end.span, end.time]);
        // The opening was counted in this scope or in another one, whose strays are then too
        // high by one. The sum in the trace is correct when both scopes have ended.
        self.0.strays -= 1;
    }
}
