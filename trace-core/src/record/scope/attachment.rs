//! A tracer that is current where no trace runs.
//!
//! In a test the tracer waits for tasks that carry it. So an attachment for a task is
//! counted from its making to its drop.

use std::sync::Arc;

use crate::record::trace::TracerCore;

/// A tracer that is current where no trace runs.
#[derive(Debug)]
pub(crate) struct Attachment {
    pub(super) tracer: Arc<TracerCore>,
    /// Whether a test waits for its end.
    #[cfg(feature = "testing")]
    is_awaited: bool,
}

impl Attachment {
    /// Makes the tracer current for code that nobody waits for.
    pub(in crate::record) fn new(tracer: Arc<TracerCore>) -> Self {
        Self {
            tracer,
            #[cfg(feature = "testing")]
            is_awaited: false,
        }
    }

    /// The same tracer for a task or a message, which a test waits for.
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
        // Only what `for_task` has counted.
        if self.is_awaited
            && let Some(watch) = &self.tracer.watch
        {
            watch.end_task();
        }
    }
}
