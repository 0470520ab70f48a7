//! A reference to the trace that is recorded, lent from one held span to the next.
//!
//! To count the references of a trace, which threads share, costs as much as to read the
//! clock. So a held span that ends in the scope in which it began leaves its reference
//! here, and the next one takes it.
//!
//! The block does not own the trace: the scope that is recorded has a reference of its
//! own. So this one is never the last, and to forget it leaks nothing but a count.

use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::block::BLOCK;
use crate::record::trace::LocalTrace;

/// Says that spans of the scope that is recorded here may give its trace back.
pub(in crate::record) fn lend_trace() {
    // Loom's threads share one.
    BLOCK.with(|block| block.is_lent.set(!cfg!(loom)));
}

/// Takes a reference to the trace that is recorded here, if one was given back and the
/// scope still has no baggage.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn take_lent_trace() -> Option<Arc<LocalTrace>> {
    BLOCK.with(|block| block.trace.take().map(ManuallyDrop::into_inner))
}

/// Keeps a reference to the trace that is recorded here for the next span, if
/// it may be lent.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn give_back_trace(trace: &mut Option<Arc<LocalTrace>>) {
    BLOCK.with(|block| {
        if block.is_lent.get() {
            let other = block.trace.replace(trace.take().map(ManuallyDrop::new));
            *trace = other.map(ManuallyDrop::into_inner);
        }
    });
}

/// Drops what was given back, and takes nothing back any more. It is never the last
/// reference, as the scope has one.
#[cold]
#[inline(never)]
pub(in crate::record) fn drop_lent_trace() {
    BLOCK.with(|block| block.is_lent.set(false));
    drop(take_lent_trace());
}
