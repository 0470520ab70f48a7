//! A tracer that is current where no trace runs.
//!
//! A test waits for the tasks that carry its tracer. So an attachment for a task is counted
//! from when it is made to when it is dropped. Where no test waits, nothing is counted.

use std::sync::Arc;

use crate::record::trace::TracerCore;

/// A tracer that is current where no trace runs; one reference to it.
#[derive(Debug)]
pub(crate) struct Attachment {
    pub(super) tracer: Arc<TracerCore>,
    /// Whether a test waits for its end. Then `begin_task` was called, and the drop has to
    /// call `end_task`.
    #[cfg(feature = "testing")]
    is_awaited: bool,
}

impl Attachment {
    /// Makes the tracer current for code that no test waits for.
    pub(in crate::record) fn new(tracer: Arc<TracerCore>) -> Self {
        Self {
            tracer,
            #[cfg(feature = "testing")]
            is_awaited: false,
        }
    }

    /// The same tracer for a task or a message, which a test waits for.
    ///
    /// It is counted here, before the task exists, so that a test sees no moment in which
    /// the task is not counted and not yet spawned.
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
        // Only what `for_task` has counted. It is dropped with the task wherever that is,
        // also when the task is cancelled or panics, so that no test waits for ever.
        if self.is_awaited
            && let Some(watch) = &self.tracer.watch
        {
            watch.end_task();
        }
    }
}
