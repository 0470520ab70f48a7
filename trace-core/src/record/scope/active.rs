//! What surrounds the code of one scope.

use std::sync::Arc;

use crate::record::scope::recording::Recording;
use crate::record::scope::unsampled::Unsampled;
use crate::record::trace::tracer_core::TracerCore;

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

/// A tracer that is current where no trace runs.
#[derive(Debug)]
pub(crate) struct Attachment {
    tracer: Arc<TracerCore>,
    /// Whether a test waits for its end.
    #[cfg(feature = "testing")]
    is_awaited: bool,
}

impl Attachment {
    pub(in crate::record) fn new(tracer: Arc<TracerCore>) -> Self {
        Self {
            tracer,
            #[cfg(feature = "testing")]
            is_awaited: false,
        }
    }

    /// The same for a task or a message, which goes on with the tracer.
    pub(in crate::record) fn carry(&self) -> Self {
        let tracer = Arc::clone(&self.tracer);
        #[cfg(feature = "testing")]
        if let Some(watch) = &tracer.watch {
            watch.begin_task();
        }
        Self {
            #[cfg(feature = "testing")]
            is_awaited: tracer.watch.is_some(),
            tracer,
        }
    }
}

#[cfg(feature = "testing")]
impl Drop for Attachment {
    fn drop(&mut self) {
        if self.is_awaited
            && let Some(watch) = &self.tracer.watch
        {
            watch.end_task();
        }
    }
}

impl Active {
    pub(in crate::record) fn tracer(&self) -> Option<&Arc<TracerCore>> {
        match self {
            Self::Nothing => None,
            Self::Attached(attachment) => Some(&attachment.tracer),
            Self::Unsampled(unsampled) => Some(&unsampled.tracer),
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
