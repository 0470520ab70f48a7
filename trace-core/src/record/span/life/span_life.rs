//! The three words of a span's life, and its phases.
//!
//! This file has the data, and functions that need only the data. Each change of the phase
//! that needs the thread, a scope or the trace has its own file. All of them are methods of
//! [`SpanLife`].

use std::mem::ManuallyDrop;
use std::sync::Arc;

use crate::record::trace::LocalTrace;

/// A span and its phase, in three words.
#[derive(Debug)]
pub(crate) struct SpanLife {
    pub(super) front: Front,
    /// The span, while it is open. If it was called and has not begun, this is its future
    /// parent.
    pub(super) span: u64,
    /// A reference to the trace, with which the span can continue anywhere. A future has it
    /// from its first suspension. A future that was called, and a held span, have it from the
    /// beginning. While the span is polled elsewhere, the visit has it.
    ///
    /// It is dropped when the span ends, not when the life is dropped. So there is nothing to
    /// drop if nothing was recorded.
    pub(super) trace: ManuallyDrop<Option<Arc<LocalTrace>>>,
}

/// The first word of a life.
///
/// The compiler puts the field with the most unused values first, which is `phase` in this
/// struct. So the body of a future comes last, and the padding at its end is not copied
/// together with other fields. This matters because a future is moved after it was made.
/// Reading words that overlap recently written words costs more than all other work for a span
/// that is not recorded.
#[derive(Debug)]
#[repr(C, align(8))]
pub(super) struct Front {
    pub(super) phase: Phase,
    /// The scope in which the span was opened, while it is open. Before that, the scope in
    /// which it was called.
    pub(super) scope: u32,
}

/// The phase of a span's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Phase {
    /// Not yet polled. It belongs to the scope of its first poll.
    Fresh,
    /// Not recorded at the first poll, or ended.
    Off,
    /// Begun, not ended, and not moved since it was last in its scope. While its code runs,
    /// its scope runs.
    Open,
    /// Begun, not ended, and moved since it was last in its scope. While its code runs, a
    /// scope for the visit runs.
    Moved,
    /// Not yet polled. It belongs to the trace in which it was called, and keeps that trace
    /// open.
    Called,
    /// Not yet polled. It belongs to the scope of its first poll if that records, and
    /// otherwise to the trace in which it was called. It keeps the trace of the call open.
    Within,
}

impl SpanLife {
    /// Makes the life of a span that begins in the scope of its first poll.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn fresh() -> Self {
        Self {
            front: Front {
                phase: Phase::Fresh,
                scope: 0,
            },
            span: 0,
            trace: ManuallyDrop::new(None),
        }
    }

    /// Makes the life of a span that was opened in a scope.
    #[inline]
    pub(in crate::record) fn open(span: u64, scope: u32, trace: Arc<LocalTrace>) -> Self {
        Self {
            front: Front {
                phase: Phase::Open,
                scope,
            },
            span,
            trace: ManuallyDrop::new(Some(trace)),
        }
    }

    /// The trace, if the life has a reference to it. It has none while a visit has it.
    #[inline]
    pub(in crate::record) fn trace(&self) -> Option<&Arc<LocalTrace>> {
        self.trace.as_ref()
    }

    /// Sets an ended span off. Returns the reference to its trace, for the caller to drop.
    #[inline]
    pub(in crate::record) fn take_trace(&mut self) -> Option<Arc<LocalTrace>> {
        self.set_off();
        self.trace.take()
    }

    /// The id of the span, while it is open.
    pub(in crate::record) const fn span(&self) -> u64 {
        self.span
    }

    /// The scope in which the span was opened.
    pub(in crate::record) const fn home(&self) -> u32 {
        self.front.scope
    }

    /// Whether it was moved since it was last in its scope.
    pub(in crate::record) fn has_moved(&self) -> bool {
        self.front.phase == Phase::Moved
    }

    /// Notes that the span has moved: a held span was entered in another scope.
    pub(in crate::record) fn set_moved(&mut self) {
        self.front.phase = Phase::Moved;
    }

    /// Whether it was not yet polled.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn is_fresh(&self) -> bool {
        self.front.phase == Phase::Fresh
    }

    /// Whether it has begun or was called, and has not ended.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn is_live(&self) -> bool {
        !matches!(self.front.phase, Phase::Fresh | Phase::Off)
    }

    /// Whether it has ended, or nothing is recorded.
    pub(crate) fn is_off(&self) -> bool {
        self.front.phase == Phase::Off
    }

    /// Notes that it has ended.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn set_off(&mut self) {
        self.front.phase = Phase::Off;
    }

    /// Sets an ended span off, and drops the trace.
    pub(in crate::record) fn set_off_and_drop_trace(&mut self) {
        self.set_off();
        self.drop_trace();
    }

    /// Drops the reference to the trace. The thread's stack must not be borrowed, because it
    /// may be the last reference. Not inlined, because few polls end a span.
    #[inline(never)]
    pub(super) fn drop_trace(&mut self) {
        *self.trace = None;
    }

    /// Whether it is open in this scope. If the scope runs on this thread, the span's code may
    /// run here.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn is_open_in(&self, scope: u32) -> bool {
        self.front.phase == Phase::Open && self.front.scope == scope
    }

    /// Notes that the span was opened in a scope.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn set_open(&mut self, span: u64, scope: u32) {
        self.span = span;
        self.front = Front {
            phase: Phase::Open,
            scope,
        };
    }
}
