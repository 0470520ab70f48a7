//! Functions with which the rest of the crate inspects the code that runs on this thread.

use super::if_recording::RECORDING_BUILT;
use super::scope::entered;
use super::thread;
use crate::propagation::TraceStart;
use crate::value::{Baggage, TraceContext, TraceId};

/// In the child of a `fork`, forgets everything that is recorded on this thread, because it
/// belongs to the parent. Async-signal-safe.
pub(crate) fn forget() {
    entered::forget_in_child();
    thread::forget_in_child();
}

/// Whether the running scope records at the moment.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn is_recording() -> bool {
    thread::own_span() != 0
}

/// The span that is current on this thread, if a recorded trace runs.
#[inline]
pub(crate) fn recorded_position() -> Option<u64> {
    (thread::scope() != 0).then(thread::span)
}

/// The id of the trace that runs on this thread, recorded or not.
pub(crate) fn current_trace_id() -> Option<TraceId> {
    if RECORDING_BUILT {
        entered::trace_id()
    } else {
        None
    }
}

/// The context for one call to another service; `None` if no trace runs.
pub(crate) fn context_of_call() -> Option<TraceContext> {
    if RECORDING_BUILT {
        entered::context_of_call()
    } else {
        None
    }
}

/// What a caller sent without a context, if that is passed on here.
pub(crate) fn start_passed_on() -> Option<(TraceStart, Baggage)> {
    if RECORDING_BUILT {
        entered::start_passed_on()
    } else {
        None
    }
}

/// The context of the running code; `None` if no trace runs.
pub(crate) fn current_context() -> Option<TraceContext> {
    if RECORDING_BUILT {
        entered::context()
    } else {
        None
    }
}
