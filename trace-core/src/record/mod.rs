//! Recording: what happens on the application's threads.
//!
//! ```text
//! a traced function is polled or called
//!    │ hot:   does this thread record? no: that was all
//!    │        yes: append to this thread's stage: opening, tags, end
//!    ▼
//! the stage is full, or the poll of the scope ends
//!    │ active: move the stage into the scope's chunk
//!    ▼
//! the scope ends, or the chunk is full
//!    │ scope: hand the chunk over
//!    ▼
//! delivery
//! ```
//!
//! Everything that is done for each span is in [`hot`], [`write`], [`future`] and
//! [`guard`]; everything else is done once for a scope or is rare.

pub(crate) mod active;
mod caps;
mod elsewhere;
mod future;
mod guard;
mod hot;
mod in_scope;
mod local_trace;
mod scope;
mod tracer_core;
pub(crate) mod write;

pub(crate) use caps::Caps;
pub use future::Traced;
pub use guard::SpanGuard;
pub(crate) use in_scope::InScope;
pub(crate) use scope::{From, OwnedEntered, Scope, Start};
pub(crate) use tracer_core::TracerCore;

use crate::context::TraceContext;
use crate::id::SpanId;

/// Whether a span of the running scope is recorded at the moment.
#[inline(always)]
pub(crate) fn is_recording() -> bool {
    hot::own_span() != 0
}

/// The context of the running code; `None` where no trace runs.
pub(crate) fn current_context() -> Option<TraceContext> {
    let recorded = (hot::scope() != 0).then(hot::span);
    let parent = recorded.and_then(active::parent_of);
    active::with_context(|context| TraceContext {
        trace_id: context.trace_id,
        span_id: recorded.and_then(SpanId::new).unwrap_or(context.span_id),
        parent_span_id: match recorded {
            Some(_) => parent,
            None => context.parent_span_id,
        },
        flags: context.flags,
        tracestate: context.tracestate.clone(),
        baggage: context.baggage.clone(),
        is_remote: false,
    })
}
