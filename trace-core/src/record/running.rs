//! What the rest of the crate asks of the code that runs on this thread.

use super::if_recording::RECORDING_BUILT;
use super::scope::entered;
use super::thread;
use crate::value::{TraceContext, TraceId};

/// Forgets what is recorded on this thread, in the child of a `fork`: it is the
/// parent's. Async-signal-safe.
pub(crate) fn forget() {
    entered::forget_in_child();
    thread::forget_in_child();
}

/// Whether a span of the running scope is recorded at the moment.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn is_recording() -> bool {
    thread::own_span() != 0
}

/// The id of the trace that runs on this thread, recorded or not.
pub(crate) fn current_trace_id() -> Option<TraceId> {
    if RECORDING_BUILT {
        entered::trace_id()
    } else {
        None
    }
}

/// The context of one call out of the running code; `None` where no trace runs.
pub(crate) fn context_of_call() -> Option<TraceContext> {
    if RECORDING_BUILT {
        entered::context_of_call()
    } else {
        None
    }
}

/// The context of the running code; `None` where no trace runs.
pub(crate) fn current_context() -> Option<TraceContext> {
    if RECORDING_BUILT {
        entered::context()
    } else {
        None
    }
}
