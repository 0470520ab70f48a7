//! What surrounds the code of one scope: nothing, a tracer, or a trace.
//!
//! It is moved between a scope and the thread's stack with each poll, so it has only two
//! words. The stack never ends it; `scope.rs` does.

use std::sync::Arc;

use super::attachment::Attachment;
use super::recording::Recording;
use super::unsampled::Unsampled;
use crate::record::trace::TracerCore;

/// What surrounds the code of one scope: its tracer, and its context or stream.
///
/// It is on the thread's stack while the code runs, and in the scope between polls. It has two
/// words, because it is moved with each poll. Larger state is boxed.
///
/// It has no destructor. It must be passed to [`end_scope`](super::scope::end_scope). If it is
/// dropped instead, its entries are lost without being counted, and its trace never ends.
#[derive(Debug, Default)]
pub(crate) enum Active {
    /// The process's tracer is current, and no trace runs. A scope has this value while its
    /// state is on the stack or was taken, so that its drop ends nothing.
    #[default]
    Nothing,
    /// This tracer is current, and no trace runs.
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

    /// Whether this belongs to the parent process, in the child of a `fork`.
    pub(in crate::record) fn is_foreign(&self) -> bool {
        self.tracer().is_some_and(|tracer| tracer.is_foreign())
    }
}
