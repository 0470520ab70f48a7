//! The trace of a scope, once something else belongs to it, too.
//!
//! Only then is there a `LocalTrace`, which threads share. Most traces never need one. What
//! the scope knew of the trace alone is passed on to it: that the scope needs a home, and
//! that the worker knows of the trace.

use std::sync::Arc;

use super::scope_stream::{Rare, ScopeStream};
use super::spare::Spare;
use crate::record::trace::LocalTrace;

impl ScopeStream {
    /// The trace, for something else that belongs to it.
    ///
    /// May be called while the thread's stack is borrowed: it drops nothing of the
    /// application.
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
        // Only the first scope of a trace is ever alone in it. So the trace begins with one
        // open scope, and with this scope's number as the number of its part. The spans
        // that are open in this scope are added as strays when it ends.
        shared.get_or_insert_with(|| {
            let trace = Spare::take_trace(tracer, head.clone(), *number);
            // No other thread can see the trace before this returns. So nobody looks for
            // the home, or asks whether the trace is known, before both are set.
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
