//! Recording: what happens on the application's threads.
//!
//! ```text
//! a traced function is polled or called, a held span is entered or written to
//!    │ span:    does this thread record?  no: that was all
//!    │ write:   yes: append to the thread's stage: opening, tags, end
//!    ▼
//! the stage (thread) is full, or the poll of the scope ends
//!    │ scope:   move the stage into the scope's chunk
//!    ▼
//! the scope ends, or the chunk is full
//!    │ scope:   hand the chunk over; the last scope of the trace says so
//!    ▼
//! delivery
//! ```
//!
//! The folders form a line. Each uses only those above it in this table, and inside a folder
//! no two files use each other, directly or by way of others:
//!
//! | folder | its subject |
//! |---|---|
//! | [`trace`] | what the scopes of a trace share, and what recording needs of a tracer |
//! | [`thread`] | where a thread is, and its stage: one block of cells that knows nobody |
//! | [`scope`] | what a scope has recorded, and which scopes a thread is in |
//! | [`mod@write`] | what is said of a span, as entries that are appended to the stage |
//! | [`span`] | one span's life, and whoever holds it |
//!
//! Two things are not where one may look for them. What appends to the stage is not with it,
//! in [`thread`], but in [`mod@write`]: a full stage is moved into the chunk of the running
//! scope, so appending has to know scopes. And the stack of what a thread has entered is in
//! [`scope`]: it holds the scopes' recordings.
//!
//! Everything that is done for each span is in [`thread`], [`mod@write`] and [`span`];
//! everything else is done once for a scope or is rare. Functions are forced inline in
//! optimized builds only: a debug build is not measured in nanoseconds, but in the time that
//! the compiler takes.

mod if_recording;
#[cfg(all(test, loom))]
mod loom_models;
mod running;
mod scope;
mod span;
mod thread;
mod trace;
pub(crate) mod write;

pub(crate) use if_recording::{IfRecording, RECORDING_BUILT};
pub(crate) use running::{
    context_of_call, current_context, current_trace_id, forget, is_recording,
};
pub(crate) use scope::entered;
pub(crate) use scope::{InScope, OwnedEntered, Parentage, Scope, Start, WaitingScope};
pub(crate) use span::{HeldSpan, Opening, SpanLife, miss, miss_unsampled};
pub use span::{SpanGuard, Traced, traced};
pub use thread::Paused;
#[cfg(feature = "tokio")]
pub(crate) use thread::is_quiet;
pub(crate) use thread::{PANICKED, kept_tag, quietly, tag_input};
#[cfg(feature = "testing")]
pub(crate) use trace::{StillOpen, Watch};
pub(crate) use trace::{TracerCore, TrustAllowances, spare_tracer};
