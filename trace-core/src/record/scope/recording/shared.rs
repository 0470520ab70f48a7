//! The trace of a scope, once something besides the scope is of it.
//!
//! Only then is there a `LocalTrace`, which threads share. What the scope knew until then
//! goes along: that it needs a home, and that the worker knows of it.

use std::sync::Arc;

use super::scope_stream::{Rare, ScopeStream};
use super::spare::Spare;
use crate::record::trace::LocalTrace;

impl ScopeStream {
    /// The trace, for something that is of it besides this scope.
    #[inline]
    pub(super) fn share(&mut self) -> &Arc<LocalTrace> {
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
        // Only the first scope of a trace is ever alone.
        shared.get_or_insert_with(|| {
            let trace = Spare::take_trace(tracer, head.clone(), *number);
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
