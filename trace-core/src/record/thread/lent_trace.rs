//! A reference to the recorded trace, passed from one held span to the next.
//!
//! Threads share the count of a trace's references, so counting one costs as much as reading
//! the clock. So a held span that ends in the scope in which it began leaves its reference
//! here, and the next held span takes it.
//!
//! This reference is never the last one, so dropping it destroys nothing. The running scope
//! has its own reference, and [`drop_lent_trace`] is called before the thread changes its
//! position.

use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::block::BLOCK;
use crate::record::trace::LocalTrace;

/// Allows spans of the running scope to leave their references here, until
/// [`drop_lent_trace`].
pub(in crate::record) fn lend_trace() {
    // Loom's threads share one block, which would mix up their traces.
    BLOCK.with(|block| block.is_lent.set(!cfg!(loom)));
}

/// Takes a reference to the recorded trace, if a span has left one. There is none once the
/// scope may have baggage, because a held span needs the baggage, which the reference does not
/// contain.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn take_lent_trace() -> Option<Arc<LocalTrace>> {
    BLOCK.with(|block| block.trace.take().map(ManuallyDrop::into_inner))
}

/// Leaves a reference to the recorded trace for the next held span, if this is allowed.
/// `trace` then contains the previous reference, if any, for the caller to drop.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(in crate::record) fn give_back_trace(trace: &mut Option<Arc<LocalTrace>>) {
    BLOCK.with(|block| {
        if block.is_lent.get() {
            let other = block.trace.replace(trace.take().map(ManuallyDrop::new));
            *trace = other.map(ManuallyDrop::into_inner);
        }
    });
}

/// Drops the reference that was left here, and allows no other. It is never the last one,
/// because the scope has its own.
#[cold]
#[inline(never)]
pub(in crate::record) fn drop_lent_trace() {
    BLOCK.with(|block| block.is_lent.set(false));
    drop(take_lent_trace());
}
