//! Recording: what happens on the application's threads.
//!
//! ```text
//! a traced function is polled or called, a held span is entered or written to
//!    │ life:  does this thread record? no: that was all
//!    │        yes: append to this thread's stage: opening, tags, end   (write, hot)
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
//! | the span | [`life`]; who holds one: [`future`], [`guard`], [`held`] with [`visits`] |
//! | the scope | [`scope`], [`recording`] with [`scope_stream`], [`spare_chunks`] and [`parents`], [`active`], [`unsampled`], [`visiting`]; who holds one: [`in_scope`] |
//! | the thread | [`hot`], [`mod@write`], [`quietly()`], [`entered`] with [`stack`] and [`departed`] |
//! | the trace | [`head`], [`local_trace`], [`home`], [`tracer_core`] with [`kept_tracer`], [`caps`] |
//! | what is not recorded | [`missed`] |
//!
//! Everything that is done for each span is in [`hot`], [`mod@write`], [`life`] and [`guard`];
//! everything else is done once for a scope or is rare.

mod active;
mod caps;
mod departed;
pub(crate) mod entered;
mod formatted;
mod future;
mod guard;
mod head;
mod held;
mod home;
mod hot;
mod in_scope;
mod kept;
pub(crate) mod kept_tracer;
mod last_failure;
mod life;
mod local_trace;
#[cfg(all(test, loom))]
mod loom_models;
mod missed;
mod parents;
mod quietly;
mod recording;
mod scope;
mod scope_stream;
mod spare_chunks;
mod stack;
mod tracer_core;
mod unsampled;
mod visiting;
mod visits;
#[cfg(feature = "testing")]
mod watch;
pub(crate) mod write;

pub(crate) use caps::Caps;
pub use future::{Traced, traced};
pub use guard::SpanGuard;
pub(crate) use held::HeldSpan;
pub use hot::Paused;
#[cfg(feature = "tokio")]
pub(crate) use hot::is_quiet;
pub(crate) use in_scope::{InScope, WaitingScope};
pub(crate) use kept::{Kept, RECORDS};
pub(crate) use life::{Opening, SpanLife};
pub(crate) use missed::{miss, miss_unsampled};
pub(crate) use quietly::{PANICKED, kept_tag, quietly, tag_input};
pub(crate) use scope::{From, OwnedEntered, Scope, Start};
pub(crate) use tracer_core::TracerCore;
#[cfg(feature = "testing")]
pub(crate) use watch::{StillOpen, Watch};

use crate::value::{TraceContext, TraceId};

/// Forgets what is recorded on this thread, in the child of a `fork`: it is the
/// parent's. Async-signal-safe.
pub(crate) fn forget() {
    entered::forget();
    hot::forget();
}

/// Whether a span of the running scope is recorded at the moment.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn is_recording() -> bool {
    hot::own_span() != 0
}

/// The id of the trace that runs on this thread, recorded or not.
pub(crate) fn current_trace_id() -> Option<TraceId> {
    if RECORDS { entered::trace_id() } else { None }
}

/// The context of the running code; `None` where no trace runs.
pub(crate) fn current_context() -> Option<TraceContext> {
    if RECORDS { entered::context() } else { None }
}
