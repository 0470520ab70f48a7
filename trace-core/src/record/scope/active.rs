//! What surrounds the code of one scope: nothing, a tracer, or a trace.
//!
//! It is moved between a scope and the thread's stack with each poll, so it is two words.
//! Moving is all that is done with it there; how it ends is said in `scope.rs`.

use std::sync::Arc;

use super::attachment::Attachment;
use super::recording::Recording;
use super::unsampled::Unsampled;
use crate::record::trace::TracerCore;

/// What surrounds the code of one scope: its tracer, and its context or stream. On the
/// thread while the code runs, and in the scope between polls. Two words, as it is moved
/// with each poll.
#[derive(Debug, Default)]
pub(crate) enum Active {
    /// No tracer but the process's.
    #[default]
    Nothing,
    /// A tracer and no trace.
    Attached(Attachment),
    /// A trace that is not recorded.
    Unsampled(Box<Unsampled>),
    /// A trace that is recorded.
    Recorded(Recording),
}

impl Active {
    pub(in crate::record) fn tracer(&self) -> Option<&Arc<TracerCore>> {
        match self {
            Self::Nothing => None,
            Self::Attached(attachment) => Some(&attachment.tracer),
            Self::Unsampled(unsampled) => unsampled.tracer(),
            Self::Recorded(recording) => Some(recording.tracer()),
        }
    }

    pub(in crate::record) const fn is_recorded(&self) -> bool {
        matches!(self, Self::Recorded(_))
    }

    /// Whether this is of another process: the parent's, in the child of a `fork`.
    pub(in crate::record) fn is_foreign(&self) -> bool {
        self.tracer().is_some_and(|tracer| tracer.is_foreign())
    }
}
