//! A scope on the thread's stack.
//!
//! It is entered for its own code, or for the visit of a span. A visit gets a recording only
//! when something is recorded in it; [`EnteredScope::recording`] makes it.
//!
//! These functions run while the thread's stack is borrowed, so they must not drop the last
//! reference to a trace or tracer.

use std::sync::Arc;

use super::pile::Vacant;
use crate::record::scope::active::Active;
use crate::record::scope::recording::{Recording, Visiting};
use crate::record::thread::{self, Position};
use crate::record::trace::{LocalTrace, TracerCore};

/// A scope whose code runs, or waits until the code of a scope above it ends.
///
/// At most one of `active` and `visiting` is set: a visit that records moves its state from
/// `visiting` to `active`.
#[derive(Debug)]
pub(in crate::record) struct EnteredScope {
    /// The visited span, if the scope was entered for a visit; otherwise zero.
    pub(super) visitor: u64,
    /// The number of the scope, recorded or not. It is used to find the scope when it is left.
    pub(super) number: u32,
    /// What surrounds the scope's code. It is `Nothing` until a visit records something.
    active: Active,
    /// What a visit needs to record. It is empty in all other scopes.
    pub(super) visiting: Visiting,
    /// Where its code continues when it becomes the innermost scope again. It is outdated
    /// while the scope is the innermost one, because the block has the position then.
    pub(super) position: Position,
}

impl EnteredScope {
    /// Fills a vacant place.
    #[inline]
    pub(in crate::record) fn fill(&mut self, visitor: u64, number: u32, active: Active) {
        self.visitor = visitor;
        self.number = number;
        // The old value is forgotten, because a vacant place holds nothing. So no code is
        // generated to drop it.
        std::mem::forget(std::mem::replace(&mut self.active, active));
    }

    /// Takes what surrounds the scope's code, so that the place is vacant.
    #[inline]
    pub(in crate::record) fn take_active(&mut self) -> Active {
        std::mem::take(&mut self.active)
    }

    /// What surrounds the scope's code. It is `Nothing` for a visit that has recorded nothing;
    /// its trace is in `visiting`.
    #[inline]
    pub(in crate::record) fn active(&mut self) -> &mut Active {
        &mut self.active
    }

    /// The tracer that is current in the scope.
    pub(in crate::record) fn tracer(&self) -> Option<&Arc<TracerCore>> {
        match &self.visiting.trace {
            Some(trace) => Some(&trace.tracer),
            None => self.active.tracer(),
        }
    }

    /// The trace, if it is recorded. From now on the scope shares it.
    pub(in crate::record) fn trace(&mut self) -> Option<&Arc<LocalTrace>> {
        match &mut self.active {
            Active::Recorded(recording) => Some(recording.trace()),
            _ => self.visiting.trace.as_ref(),
        }
    }

    /// Another scope of the trace, below a span, if the trace is recorded.
    pub(in crate::record) fn join(&mut self, span: u64) -> Option<Recording> {
        match (&mut self.active, &self.visiting.trace) {
            (Active::Recorded(recording), _) => Some(recording.join_below(span)),
            // A visit that has recorded nothing. The new scope belongs to its trace. The visit
            // itself still has no recording.
            (_, Some(trace)) => {
                let baggage = self.visiting.baggage.clone();
                Some(Recording::join(trace, baggage, span))
            }
            _ => None,
        }
    }

    /// Whether spans of the scope are recorded.
    pub(in crate::record) fn is_recorded(&self) -> bool {
        self.active.is_recorded() || self.visiting.trace.is_some()
    }

    /// Whether it ends with the visit for which it was entered. A held root's own scope has a
    /// visitor, but does not end with the visit.
    pub(in crate::record) fn is_visit(&self) -> bool {
        match &self.active {
            Active::Recorded(recording) => recording.is_visit(),
            _ => self.visiting.trace.is_some(),
        }
    }

    /// Whether there is nothing to do at the end of a poll that has recorded nothing.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(in crate::record) fn can_rest(&self) -> bool {
        self.visiting.trace.is_none()
            && match &self.active {
                Active::Recorded(recording) => recording.can_rest(),
                _ => true,
            }
    }

    /// The recording of the scope, if it is recorded. A visit gets its recording here, and
    /// then has to hand over at its end.
    #[inline]
    pub(in crate::record) fn recording(&mut self) -> Option<&mut Recording> {
        if self.visiting.trace.is_some() {
            self.begin_to_record();
        }
        match &mut self.active {
            Active::Recorded(recording) => Some(recording),
            _ => None,
        }
    }

    /// Makes the recording of a visit.
    #[cold]
    fn begin_to_record(&mut self) {
        // Taken out before the recording is made, so that the trace has one owner. The scope
        // keeps the number under which the thread already records.
        let visiting = std::mem::replace(&mut self.visiting, Visiting::NONE);
        let recording = Recording::visit(visiting, self.number, self.visitor);
        self.active = recording.map_or(Active::Nothing, Active::Recorded);
    }

    /// The recording, for callers that need only what was recorded. Returns `None` for a visit
    /// that has recorded nothing, and makes no recording for it.
    #[inline]
    pub(in crate::record) fn recording_of_stage(&mut self) -> Option<&mut Recording> {
        if self.visiting.trace.is_some() && thread::is_stage_empty() {
            return None;
        }
        self.recording()
    }
}

impl Vacant for EnteredScope {
    const VACANT: Self = Self {
        visitor: 0,
        number: 0,
        active: Active::Nothing,
        visiting: Visiting::NONE,
        position: Position::NOWHERE,
    };
}
