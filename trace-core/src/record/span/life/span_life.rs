//! The three words of a span's life, and its phases.
//!
//! This file has the data, and what follows from the data alone. Each change of the phase
//! that needs the thread, a scope or the trace is in a file of its own. All of them are
//! methods of [`SpanLife`].

use std::mem::ManuallyDrop;
use std::sync::Arc;

use crate::record::trace::LocalTrace;

/// A span and where it is in its life: three words.
#[derive(Debug)]
pub(crate) struct SpanLife {
    pub(super) front: Front,
    /// The span, while it is open. If it was called and has not begun, the span below which
    /// it will begin.
    pub(super) span: u64,
    /// A reference to the trace, with which the span can continue anywhere. A future has it
    /// from its first suspension on; one that was called, and a held span, from the
    /// beginning. While the span is polled elsewhere, the visit has it.
    ///
    /// It is dropped when the span ends, not when this is dropped. So where nothing was
    /// recorded there is nothing to drop.
    pub(super) trace: ManuallyDrop<Option<Arc<LocalTrace>>>,
}

/// The first word of a life.
///
/// The compiler puts the field with the most unused values first, and that is this one's
/// `phase`. So the body of a future comes last, and the padding at the body's end is not
/// copied with what follows. That matters because a future is moved after it was made:
/// reading words across the bounds of those just written costs more than everything else of
/// a span that is not recorded.
#[derive(Debug)]
#[repr(C, align(8))]
pub(super) struct Front {
    pub(super) phase: Phase,
    /// The scope in which the span was opened, while it is open; before that, the scope in
    /// which it was called.
    pub(super) scope: u32,
}

/// Where a span is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Phase {
    /// Not yet polled. It belongs where it is polled first.
    Fresh,
    /// Not recorded at the first poll, or ended.
    Off,
    /// Begun, not ended, and not elsewhere since it was last in its scope. While its code
    /// runs, its scope runs.
    Open,
    /// Begun, not ended, and elsewhere since it was last in its scope. While its code runs, a
    /// scope that was entered for it runs.
    Moved,
    /// Not yet polled. It belongs where it was called, and holds that trace open.
    Called,
    /// Not yet polled. It belongs where it is polled first, if something is recorded there,
    /// and otherwise where it was called. It holds the trace of the call open.
    Within,
}

impl SpanLife {
    /// A span that begins where it is polled first.
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

    /// A span that was opened in a scope.
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

    /// The trace, if this has a reference to it. It has none while a visit has it.
    #[inline]
    pub(in crate::record) fn trace(&self) -> Option<&Arc<LocalTrace>> {
        self.trace.as_ref()
    }

    /// Sets a span off that has ended; returns the reference to its trace, for the caller to
    /// drop.
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

    /// Whether it was elsewhere since it was last in its scope.
    pub(in crate::record) fn has_moved(&self) -> bool {
        self.front.phase == Phase::Moved
    }

    /// Notes that the span is elsewhere: another thread has entered a held span there.
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

    /// Sets a span off that has ended, and drops the trace.
    pub(in crate::record) fn set_off_and_drop_trace(&mut self) {
        self.set_off();
        self.drop_trace();
    }

    /// Drops the reference to the trace. The thread's stack must not be borrowed: it may be
    /// the last one. Not inlined, as few polls end a span.
    #[inline(never)]
    pub(super) fn drop_trace(&mut self) {
        *self.trace = None;
    }

    /// Whether it is open in this scope. If the scope runs on this thread, so may its code.
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
