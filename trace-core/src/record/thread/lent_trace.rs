//! A reference to the trace that is recorded, lent from one span to the next.
//!
//! The block does not own the trace: the scope that is recorded has a reference of its own.

use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::block::HOT;
use crate::record::trace::LocalTrace;

/// Says that spans of the scope that is recorded here may give its trace back.
pub(in crate::record) fn lend_trace() {
    // Loom's threads share one.
    HOT.with(|hot| hot.is_lent.set(!cfg!(loom)));
}

/// Takes a reference to the trace that is recorded here, if one was given back and the
/// scope still has no baggage.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn take_trace() -> Option<Arc<LocalTrace>> {
    HOT.with(|hot| hot.trace.take().map(ManuallyDrop::into_inner))
}

/// Keeps a reference to the trace that is recorded here for the next span, if there is use
/// for it.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn give_back(trace: &mut Option<Arc<LocalTrace>>) {
    HOT.with(|hot| {
        if hot.is_lent.get() {
            let other = hot.trace.replace(trace.take().map(ManuallyDrop::new));
            *trace = other.map(ManuallyDrop::into_inner);
        }
    });
}

/// Drops what was given back, and takes nothing back any more. It is never the last
/// reference, as the scope has one.
#[cold]
#[inline(never)]
pub(in crate::record) fn drop_trace() {
    HOT.with(|hot| hot.is_lent.set(false));
    drop(take_trace());
}
