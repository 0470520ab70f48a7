//! A reference to a tracer that a thread keeps for its next root.
//!
//! Threads contend for the reference count of a tracer. So a root takes the reference that the
//! last root of its thread has left. The thread keeps one tracer's core alive until the thread
//! ends or a root of another tracer replaces it.

use std::cell::Cell;
use std::sync::Arc;

use super::tracer_core::TracerCore;

thread_local! {
    /// The reference that the last root on this thread gave back. It is dropped with the
    /// thread.
    static SPARE: Cell<Option<Arc<TracerCore>>> = const { Cell::new(None) };
}

/// Returns another reference to a tracer. Usually this is the thread's spare, so the count
/// does not change. Drops a spare of another tracer.
#[inline]
pub(crate) fn take_reference(tracer: &Arc<TracerCore>) -> Arc<TracerCore> {
    match SPARE.try_with(Cell::take).ok().flatten() {
        Some(kept) if Arc::ptr_eq(&kept, tracer) => kept,
        _ => Arc::clone(tracer),
    }
}

/// Keeps a reference for the thread's next root. Drops it if the thread is ending.
#[inline]
pub(crate) fn keep_reference(tracer: Arc<TracerCore>) {
    let _kept = SPARE.try_with(|kept| kept.set(Some(tracer)));
}
