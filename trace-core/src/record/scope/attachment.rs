//! A tracer that is current in code without a trace.
//!
//! A test waits for the tasks that carry its tracer. So an attachment for a task is counted
//! until it is dropped. If no test waits, nothing is counted.

use std::sync::Arc;

use crate::record::trace::TracerCore;

/// One reference to a tracer that is current in code without a trace.
#[derive(Debug)]
pub(crate) struct Attachment {
    pub(super) tracer: Arc<TracerCore>,
    /// Whether a test waits for the end of this attachment. Then `begin_task` was called, and
    /// the drop has to call `end_task`.
    #[cfg(feature = "testing")]
    is_awaited: bool,
}

impl Attachment {
    /// Makes an attachment for code that no test waits for.
    pub(in crate::record) fn new(tracer: Arc<TracerCore>) -> Self {
        Self {
            tracer,
            #[cfg(feature = "testing")]
            is_awaited: false,
        }
    }

    /// Makes an attachment of the same tracer for a task or a message. A test waits for its
    /// end.
    ///
    /// It is counted here, before the task exists. So a test never sees a moment in which the
    /// task is about to be spawned but is not counted.
    pub(in crate::record) fn for_task(&self) -> Self {
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
        // Only attachments made by `for_task` were counted. They are dropped with the task,
        // even if it is cancelled or panics, so no test waits forever.
        if self.is_awaited
            && let Some(watch) = &self.tracer.watch
        {
            watch.end_task();
        }
    }
}
