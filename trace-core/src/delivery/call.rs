//! Calls collectors, and marks the threads that do so.
//!
//! A collector is the application's code: it may panic, block, flush its own tracer or record
//! spans. This file catches panics, and marks the thread so that other code can recognize the
//! call.

use std::cell::Cell;

use crate::collector::Collector;
use crate::process::caught::catch;

thread_local! {
    /// Whether a collector's method or destructor runs on this thread.
    static IS_CALLING: Cell<bool> = const { Cell::new(false) };

    /// The address of the queue that this thread serves, or zero, and the lane that it serves.
    /// The address is compared and never dereferenced. The thread keeps the queue alive, so no
    /// other queue can have this address.
    static SERVED: Cell<(usize, Option<usize>)> = const { Cell::new((0, None)) };
}

/// Returns whether a collector runs on this thread. A collector is not traced, because its
/// spans would be exported in turn, endlessly.
#[inline]
pub(crate) fn is_collecting() -> bool {
    IS_CALLING.get()
}

/// Marks this thread, until it ends, as one that serves a queue: as the worker (`None`) or for
/// a lane.
pub(super) fn mark_serving<Q>(queue: *const Q, lane: Option<usize>) {
    SERVED.set((queue.addr(), lane));
}

/// Returns whether this thread belongs to the tracer with this queue. Code on such a thread
/// must not wait for the tracer, because the thread would wait for itself.
pub(crate) fn serves<Q>(queue: *const Q) -> bool {
    SERVED.get().0 == queue.addr()
}

/// Returns the lane that this thread serves; `None` if it is the worker.
pub(crate) fn served_lane() -> Option<usize> {
    SERVED.get().1
}

/// Drops collectors one after another, because each destructor may panic. Returns whether none
/// panicked.
pub(crate) fn drop_collectors(collectors: impl IntoIterator<Item = Box<dyn Collector>>) -> bool {
    let mut all_well = true;
    for collector in collectors {
        all_well &= call_collector(|| drop(collector)).is_some();
    }
    all_well
}

/// Calls a collector; returns `None` if it panicked.
pub(super) fn call_collector<R>(collector: impl FnOnce() -> R) -> Option<R> {
    // The previous value is restored and not cleared, because a collector may drop a tracer,
    // whose collectors are then dropped inside this call.
    let outer = IS_CALLING.replace(true);
    let result = catch(collector);
    IS_CALLING.set(outer);
    result
}
