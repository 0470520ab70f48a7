//! Calls of collectors.

use std::cell::Cell;

use crate::collector::Collector;
use crate::process::caught::catch;

thread_local! {
    static IS_CALLING: Cell<bool> = const { Cell::new(false) };

    /// The address of the queue that this thread serves, or zero, and for which lane.
    static SERVED: Cell<(usize, Option<usize>)> = const { Cell::new((0, None)) };
}

/// Whether a collector runs on this thread. What it does is not traced: its spans
/// would come back to it, and export would feed itself for ever.
#[inline]
pub(crate) fn is_collecting() -> bool {
    IS_CALLING.get()
}

/// Says that this thread serves a queue, for as long as it runs: as the worker, or for a lane.
pub(super) fn serve<Q>(queue: *const Q, lane: Option<usize>) {
    SERVED.set((queue.addr(), lane));
}

/// Whether this is a thread of the tracer with this queue: who waits on it for the tracer
/// waits for itself.
pub(crate) fn serves<Q>(queue: *const Q) -> bool {
    SERVED.get().0 == queue.addr()
}

/// The lane for which this thread serves; none if it is a worker.
pub(crate) fn served_lane() -> Option<usize> {
    SERVED.get().1
}

/// Drops collectors, one after another, as each may panic; returns whether none did.
pub(crate) fn drop_collectors(collectors: impl IntoIterator<Item = Box<dyn Collector>>) -> bool {
    let mut all_well = true;
    for collector in collectors {
        all_well &= call(|| drop(collector)).is_some();
    }
    all_well
}

/// Calls a collector; `None` if it panicked.
pub(super) fn call<R>(collector: impl FnOnce() -> R) -> Option<R> {
    let outer = IS_CALLING.replace(true);
    let result = catch(collector);
    IS_CALLING.set(outer);
    result
}
