//! What surrounds the code of one scope.

use std::sync::Arc;

use super::local_trace::LocalTrace;
use super::recording::Recording;
use super::tracer_core::TracerCore;
use super::unsampled::Unsampled;
use crate::baggage::Baggage;

/// What surrounds the code of one scope: its tracer, and its context or stream. On the
/// thread while the code runs, and in the scope between polls.
#[derive(Debug, Default)]
pub(crate) enum Active {
    /// No tracer but the process's.
    #[default]
    Nothing,
    /// A tracer and no trace.
    Attached(Arc<TracerCore>),
    /// A trace that is not recorded.
    Unsampled(Box<Unsampled>),
    /// A visit of a span away from its scope, of which nothing was recorded yet; mostly
    /// nothing is.
    Visiting(Visiting),
    /// A trace that is recorded.
    Recorded(Recording),
}

/// What a visit records with, once it does. The span is open meanwhile, so that the visit
/// need not hold the trace open.
#[derive(Debug)]
pub(crate) struct Visiting {
    /// Always there, until the visit is left.
    pub(super) trace: Option<Arc<LocalTrace>>,
    pub(super) baggage: Baggage,
    /// See [`LocalTrace::order_of_visit`].
    pub(super) order: u32,
}

impl Active {
    pub(super) fn tracer(&self) -> Option<&Arc<TracerCore>> {
        match self {
            Self::Nothing => None,
            Self::Attached(tracer) => Some(tracer),
            Self::Unsampled(unsampled) => Some(&unsampled.tracer),
            Self::Visiting(visiting) => visiting.trace.as_ref().map(|trace| &trace.tracer),
            Self::Recorded(recording) => Some(&recording.trace().tracer),
        }
    }

    /// The trace, if it is recorded.
    pub(super) fn trace(&self) -> Option<&Arc<LocalTrace>> {
        match self {
            Self::Nothing | Self::Attached(_) | Self::Unsampled(_) => None,
            Self::Visiting(visiting) => visiting.trace.as_ref(),
            Self::Recorded(recording) => Some(recording.trace()),
        }
    }

    /// What a scope with this number records with, which was entered for a span, or zero.
    pub(super) fn recording(&mut self, number: u32, span: u64) -> Option<&mut Recording> {
        if let Self::Visiting(_) = self {
            self.begin_to_record(number, span);
        }
        match self {
            Self::Recorded(recording) => Some(recording),
            _ => None,
        }
    }

    #[cold]
    fn begin_to_record(&mut self, number: u32, span: u64) {
        *self = match std::mem::take(self) {
            Self::Visiting(visiting) => {
                Recording::visit(visiting, number, span).map_or(Self::Nothing, Self::Recorded)
            }
            other => other,
        };
    }

    /// Whether this is of another process: the parent's, in the child of a `fork`.
    pub(super) fn is_foreign(&self) -> bool {
        self.tracer().is_some_and(|tracer| tracer.is_foreign())
    }
}
