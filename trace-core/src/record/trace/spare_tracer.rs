//! A reference to a tracer that a thread keeps for its next root.
//!
//! Threads that count the references of one tracer wait for each other, so a root takes
//! the reference that the last root of its thread has left. The thread so keeps one
//! tracer's core alive until it ends or a root of another tracer replaces it.

use std::cell::Cell;
use std::sync::Arc;

use super::tracer_core::TracerCore;

thread_local! {
    /// That of the last root that took one and gave it back. Threads that count the references
    /// of a tracer wait for each other.
    static SPARE: Cell<Option<Arc<TracerCore>>> = const { Cell::new(None) };
}

/// Returns another reference to a tracer, mostly without counting it.
#[inline]
pub(crate) fn take_reference(tracer: &Arc<TracerCore>) -> Arc<TracerCore> {
    match SPARE.try_with(Cell::take).ok().flatten() {
        Some(kept) if Arc::ptr_eq(&kept, tracer) => kept,
        _ => Arc::clone(tracer),
    }
}

/// Keeps a reference for the next root.
#[inline]
pub(crate) fn keep_reference(tracer: Arc<TracerCore>) {
    let _kept = SPARE.try_with(|kept| kept.set(Some(tracer)));
}
