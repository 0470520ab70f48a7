//! A trace that is not recorded, as far as it runs on a thread.

use std::cell::Cell;
use std::sync::Arc;

use super::tracer_core::TracerCore;
use crate::context::TraceContext;

/// A trace that is not recorded: its context still travels.
///
/// Boxed, since what surrounds running code is moved with each poll.
#[derive(Clone, Debug)]
pub(crate) struct Unsampled {
    pub(super) tracer: Arc<TracerCore>,
    pub(super) context: TraceContext,
}

thread_local! {
    /// What the thread's next such trace need not allocate.
    static SPARE: Cell<Option<Box<Unsampled>>> = const { Cell::new(None) };
}

impl Unsampled {
    pub(super) fn new(tracer: &Arc<TracerCore>, context: TraceContext) -> Box<Self> {
        let spare = SPARE.try_with(Cell::take).ok().flatten();
        if let Some(mut spare) = spare {
            if !Arc::ptr_eq(&spare.tracer, tracer) {
                spare.tracer = Arc::clone(tracer);
            }
            spare.context = context;
            return spare;
        }
        Box::new(Self {
            tracer: Arc::clone(tracer),
            context,
        })
    }

    /// Ends the trace on this thread, and keeps what is empty of it.
    pub(super) fn end(mut self: Box<Self>) {
        self.context.baggage = Default::default();
        self.context.tracestate = Default::default();
        let _kept = SPARE.try_with(|spare| spare.set(Some(self)));
    }
}
