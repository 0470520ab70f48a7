//! What surrounds the running code: the scope's tracer, and its context or stream.
//!
//! The part of the thread's state that is not touched for every span. It is
//! borrowed only for moments in which no code but this module's runs.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::hot;
use super::local_trace::LocalTrace;
use super::recording::Recording;
use super::tracer_core::TracerCore;
use super::unsampled::Unsampled;
use crate::baggage::Baggage;
use crate::context::TraceContext;
use crate::id::TraceId;
use crate::stats::Counters;
use crate::stream::Chunk;

/// What surrounds the code of one scope; taken out of the thread between polls.
#[derive(Debug, Default)]
pub(crate) enum Active {
    /// No tracer but the process's.
    #[default]
    Nothing,
    /// A tracer and no trace.
    Attached(Arc<TracerCore>),
    /// A trace that is not recorded.
    Unsampled(Box<Unsampled>),
    /// A trace that is recorded.
    Recorded(Recording),
}

thread_local! {
    /// Without a destructor, so that code which runs at the very end of a thread,
    /// in destructors of other thread-locals, is recorded like any other. Nothing
    /// is leaked: whatever enters a scope leaves it, and outside it is empty.
    static ACTIVE: RefCell<ManuallyDrop<Active>> =
        const { RefCell::new(ManuallyDrop::new(Active::Nothing)) };
}

impl Active {
    fn tracer(&self) -> Option<&Arc<TracerCore>> {
        match self {
            Self::Nothing => None,
            Self::Attached(tracer) => Some(tracer),
            Self::Unsampled(unsampled) => Some(&unsampled.tracer),
            Self::Recorded(recording) => Some(&recording.trace().tracer),
        }
    }

    /// Whether this is of another process: the parent's, in the child of a `fork`.
    pub(super) fn is_foreign(&self) -> bool {
        self.tracer().is_some_and(|tracer| tracer.is_foreign())
    }
}

/// Exchanges what surrounds the code on this thread. The stage is moved before,
/// so that everything goes where it was recorded.
pub(super) fn swap(active: &mut Active) {
    swap_after(active, Recording::end_poll);
}

/// The same, when the scope that is left ends.
pub(super) fn swap_for_good(active: &mut Active) {
    swap_after(active, Recording::end_last_poll);
}

#[inline]
fn swap_after(active: &mut Active, end_poll: fn(&mut Recording)) {
    ACTIVE.with_borrow_mut(|current| {
        if let Active::Recorded(recording) = &mut **current {
            end_poll(recording);
        }
        std::mem::swap(&mut **current, active);
    });
}

/// Forgets what surrounds the code on this thread, in the child of a `fork`: it is the
/// parent's. Async-signal-safe: nothing is dropped.
pub(super) fn forget() {
    let _is_free = ACTIVE.try_with(|active| {
        // It is free: no code that might fork runs while it is borrowed.
        if let Ok(mut active) = active.try_borrow_mut() {
            *active = ManuallyDrop::new(Active::Nothing);
        }
    });
}

/// Drops what the stage holds if no scope is recorded: spans that the parent opened
/// are closed into it. Only in the child of a `fork`.
pub(super) fn discard_unrecorded() {
    if with_recording(|_| ()).is_none() {
        hot::discard_stage();
    }
}

/// Moves the thread's stage into the chunk of its scope.
#[cold]
pub(super) fn move_stage() {
    let moved = with_recording(Recording::make_room);
    if moved.is_none() {
        // Nobody is recorded: cannot happen, and the stage must have room.
        hot::drain(&mut Chunk::new());
    }
}

/// Appends texts to the chunk of the scope, after making room for the entry of
/// `words` words that speaks of them, so that both get into the same chunk.
pub(super) fn push_texts<'a>(words: usize, texts: impl IntoIterator<Item = &'a str>) {
    with_recording(|recording| recording.push_texts(words, texts));
}

/// Lets `read` see what surrounds the running code.
pub(super) fn with<R>(read: impl FnOnce(&Active) -> R) -> R {
    ACTIVE.with_borrow(|active| read(active))
}

/// Lets `read` see the recording of this thread's scope, if there is one.
fn with_recording<R>(read: impl FnOnce(&mut Recording) -> R) -> Option<R> {
    ACTIVE.with_borrow_mut(|active| match &mut **active {
        Active::Recorded(recording) => Some(read(recording)),
        _ => None,
    })
}

/// Lets `read` see the tracer of this thread's scope, if there is one.
pub(crate) fn with_tracer<R>(read: impl FnOnce(&Arc<TracerCore>) -> R) -> Option<R> {
    with(|active| active.tracer().map(read))
}

/// Lets `change` see the baggage of this thread's scope, if a trace runs in it.
pub(crate) fn with_baggage<R>(change: impl FnOnce(&mut Baggage) -> R) -> Option<R> {
    ACTIVE.with_borrow_mut(|active| match &mut **active {
        Active::Nothing | Active::Attached(_) => None,
        Active::Unsampled(unsampled) => Some(change(&mut unsampled.context.baggage)),
        Active::Recorded(recording) => Some(change(recording.baggage())),
    })
}

/// The trace that is recorded on this thread.
pub(super) fn current_trace() -> Option<Arc<LocalTrace>> {
    with_recording(|recording| Arc::clone(recording.trace()))
}

/// The id of the trace that runs on this thread, recorded or not.
pub(super) fn trace_id() -> Option<TraceId> {
    with(|active| match active {
        Active::Nothing | Active::Attached(_) => None,
        Active::Unsampled(unsampled) => Some(unsampled.context.trace_id),
        Active::Recorded(recording) => Some(recording.trace().head.trace_id),
    })
}

/// The context of the running code; `None` where no trace runs.
pub(super) fn context() -> Option<TraceContext> {
    let span = hot::span();
    ACTIVE.with_borrow_mut(|active| match &mut **active {
        Active::Nothing | Active::Attached(_) => None,
        Active::Unsampled(unsampled) => Some(unsampled.context.clone()),
        Active::Recorded(recording) => Some(recording.context(span)),
    })
}

/// An id of the tracer's generator, and a reading of its clock.
#[cold]
pub(super) fn number_and_time() -> (u64, u64) {
    with_tracer(|tracer| (tracer.ids.number().get(), tracer.clock.raw())).unwrap_or((u64::MAX, 0))
}

/// A reading of the tracer's clock.
#[cold]
pub(super) fn now() -> u64 {
    with_tracer(|tracer| tracer.clock.raw()).unwrap_or(0)
}

/// Counts something that was said of no span.
#[cold]
pub(super) fn count_unattached() {
    with_tracer(|tracer| Counters::add(&tracer.queue.counters.unattached, 1));
}

/// Counts the spans of the thread's stage, so that the counters know them.
pub(crate) fn count_stage() {
    with_recording(Recording::take_stage);
}

/// Hands over what the scope of this thread has recorded so far.
pub(crate) fn hand_over() {
    with_recording(Recording::hand_over);
}

/// Hands over what the scope of this thread has recorded, if all its spans have
/// ended: so nobody sees children whose parent is still to come.
#[cfg(feature = "testing")]
pub(crate) fn hand_over_ended() {
    with_recording(Recording::hand_over_ended);
}
