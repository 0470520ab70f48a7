//! The ends of spans that are written into the chunk, and not by the code of the span.
//!
//! These are ends that were left with the scope, and those of spans whose scope waits
//! below another one. The stage must be empty, or belong to another scope, as entries are
//! read in the order of the chunk.

use super::recording::Recording;
use crate::record::trace::SpanEnd;
use crate::stream::{EntryKind, Header, outcome_number};
use crate::value::Outcome;

impl Recording {
    /// Writes the end of a span of this scope, whose code does not run at the moment. The
    /// time is read here.
    pub(in crate::record) fn close(&mut self, span: u64, outcome: Outcome) {
        let time = self.0.tracer.clock.raw();
        self.write_end(&SpanEnd {
            span,
            outcome,
            time,
            ended_at: None,
        });
    }

    /// Writes the ends of spans that were ended elsewhere and left with the home.
    pub(super) fn write_ends(&mut self) {
        let home = self.0.home().filter(|home| home.has_ends());
        for end in home.map(|home| home.take_ends()).unwrap_or_default() {
            self.write_end(&end);
        }
    }

    /// Writes the end of a span whose code does not run at the moment. The stage must be
    /// empty, or belong to another scope.
    ///
    /// It asks for no room, unlike `make_room`: the buffer grows by itself, and a piece may
    /// become longer than a short one without having begun.
    pub(in crate::record) fn write_end(&mut self, end: &SpanEnd) {
        let words = &mut self.0.chunk.words;
        if let Some(time) = end.ended_at {
            let header = Header::new(EntryKind::EndedAt, 0, 0, 0);
            words.extend([header.word(), end.span, time.as_unix_nanos()]);
        }
        let header = Header::new(EntryKind::Close, outcome_number(end.outcome), 0, 0);
        words.extend([header.word(), end.span, end.time]);
        // The opening was counted in this scope, or in another one, whose strays are then one
        // too many. The sum in the trace is right again when both scopes have ended.
        self.0.strays -= 1;
    }
}
