//! Recording: what happens on the application's threads.
//!
//! ```text
//! a traced function is polled or called, a held span is entered or written to
//!    │ life:  does this thread record? no: that was all
//!    │        yes: append to this thread's stage: opening, tags, end   (write, block)
//!    ▼
//! the stage is full, or the poll of the scope ends
//!    │ recording: move the stage into the scope's chunk
//!    ▼
//! the scope ends, or the chunk is full
//!    │ recording: hand the chunk over
//!    ▼
//! delivery
//! ```
//!
//! What has to be inlined to be fast is so in an optimized build only: where nobody
//! measures nanoseconds, people wait for the compiler.
//!
//! | | |
//! |---|---|
//! | [`trace`] | what the scopes of a trace share, and what recording needs of a tracer |
//! | [`thread`] | where a thread is, and its stage |
//! | [`scope`] | scopes, what they have recorded, and which of them a thread is in |
//! | [`mod@write`] | what is said of a span, as entries of the stream |
//! | [`span`] | one span's life, and whoever holds it |
//!
//! Everything that is done for each span is in [`thread`], [`mod@write`] and [`span`];
//! everything else is done once for a scope or is rare.

mod kept;
#[cfg(all(test, loom))]
mod loom_models;
mod scope;
mod span;
mod thread;
mod trace;
pub(crate) mod write;

pub(crate) use kept::{Kept, RECORDS};
pub(crate) use scope::entered;
pub(crate) use scope::{InScope, OwnedEntered, Parentage, Scope, Start, WaitingScope};
pub(crate) use span::HeldSpan;
pub use span::SpanGuard;
pub(crate) use span::{Opening, SpanLife};
pub use span::{Traced, traced};
pub(crate) use span::{miss, miss_unsampled};
pub use thread::Paused;
#[cfg(feature = "tokio")]
pub(crate) use thread::is_quiet;
pub(crate) use thread::{PANICKED, quietly, tag_input};
pub(crate) use trace::TracerCore;
pub(crate) use trace::TrustAllowances;
pub(crate) use trace::spare_tracer;
#[cfg(feature = "testing")]
pub(crate) use trace::{StillOpen, Watch};

use crate::value::{TraceContext, TraceId};

/// Forgets what is recorded on this thread, in the child of a `fork`: it is the
/// parent's. Async-signal-safe.
pub(crate) fn forget() {
    entered::forget_in_child();
    thread::forget_in_child();
}

/// Whether a span of the running scope is recorded at the moment.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn is_recording() -> bool {
    thread::own_span() != 0
}

/// The id of the trace that runs on this thread, recorded or not.
pub(crate) fn current_trace_id() -> Option<TraceId> {
    if RECORDS { entered::trace_id() } else { None }
}

/// The context of the running code; `None` where no trace runs.
pub(crate) fn current_context() -> Option<TraceContext> {
    if RECORDS { entered::context() } else { None }
}
