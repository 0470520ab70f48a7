//! Recording: what happens on the application's threads.
//!
//! ```text
//! a traced function is polled or called, a held span is entered or written to
//!    │ span:    does this thread record?  no: nothing else happens
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
//! The folders form a line. Each uses only those above it in this table. Inside a folder no
//! two files use each other, directly or through other files:
//!
//! | folder | its subject |
//! |---|---|
//! | [`trace`] | what the scopes of a trace share, and what recording needs of a tracer |
//! | [`thread`] | where a thread is, and its stage: one block of cells that uses no other part |
//! | [`scope`] | what a scope has recorded, and which scopes a thread is in |
//! | [`mod@write`] | what is said of a span, as entries that are appended to the stage |
//! | [`span`] | one span's life, and its holders |
//!
//! Two things are not where you may expect them. The code that appends to the stage is in
//! [`mod@write`] and not in [`thread`]: it moves a full stage into the chunk of the running
//! scope, so it has to know scopes. The stack of what a thread has entered is in [`scope`]
//! and not in [`thread`]: it holds the scopes' recordings.
//!
//! Four rules hold in all folders. The compiler checks none of them:
//!
//! - While the thread's stack is borrowed (`scope/entered/on_thread.rs`), no code of the
//!   application runs, and none of its values is dropped. Such code may be traced itself. It
//!   would borrow the stack again, which panics.
//! - Recording does not unwind. Most of what a traced function calls is `extern "C"`, where a
//!   panic ends the process.
//! - Code in the destructor of any thread-local may record. So the block and the stack have
//!   no destructor and can always be reached. Thread-locals that have one are reached with
//!   `try_with`. Without them a thread allocates what it would have used again, and loses the
//!   end of a span whose scope was left before.
//! - In the child of a `fork`, what belongs to the parent is not locked and not dropped.
//!
//! What is done for each span is in [`thread`], [`mod@write`] and [`span`]. Everything else is
//! done once for a scope, or is rare. Functions are forced inline in optimized builds only:
//! what matters in a debug build is the time that the compiler takes.

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
