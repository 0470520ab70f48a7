//! The trace of a scope, once it is shared.
//!
//! Only then is there a `LocalTrace`, which threads share. Most traces never need one. The
//! scope passes its knowledge of the trace on to it: whether the scope needs a home, and
//! whether the worker knows the trace.

use std::sync::Arc;

use super::scope_stream::{Rare, ScopeStream};
use super::spare::Spare;
use crate::record::trace::LocalTrace;

impl ScopeStream {
    /// Returns the trace, for another owner. Makes the `LocalTrace` at the first call.
    ///
    /// May be called while the thread's stack is borrowed, because it does not drop the
    /// application's values.
    #[inline]
    pub(super) fn share_trace(&mut self) -> &Arc<LocalTrace> {
        let Self {
            tracer,
            head,
            shared,
            number,
            needs_home,
            is_known,
            rare,
            ..
        } = self;
        // Only the first scope of a trace can be alone in it. So the trace begins with one
        // open scope, and the number of its part is this scope's number. Spans that are open
        // in this scope are added as strays when it ends.
        shared.get_or_insert_with(|| {
            let trace = Spare::take_trace(tracer, head.clone(), *number);
            // No other thread can see the trace before this function returns. So both values
            // are set before another thread can read them.
            if *needs_home {
                Rare::add_home(rare, &trace, *number);
            }
            if *is_known {
                trace.set_known();
            }
            trace
        })
    }
}
