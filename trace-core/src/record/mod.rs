//! Recording: the part of the crate that runs on the application's threads.
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
//! The folders form layers. Each uses only the folders above it in this table. Within a
//! folder, no two files depend on each other, even indirectly:
//!
//! | folder | its subject |
//! |---|---|
//! | [`trace`] | what the scopes of a trace share, and the part of a tracer that recording needs |
//! | [`thread`] | the thread's position and its stage, in one block of cells |
//! | [`scope`] | what a scope has recorded, and which scopes a thread has entered |
//! | [`mod@write`] | the entries of a span, which are appended to the stage |
//! | [`span`] | the life of a span, and its holders |
//!
//! Two parts may not be where you expect them. The code that appends to the stage moves a full
//! stage into the chunk of the running scope. So it is in [`mod@write`] and not in [`thread`].
//! The stack of entered scopes is in [`scope`] and not in [`thread`], because it holds the
//! scopes' recordings.
//!
//! Four rules hold in all folders. The compiler does not check them:
//!
//! - While the thread's stack is borrowed (`scope/entered/on_thread.rs`), the application's
//!   code does not run, and its values are not dropped. Such code may itself be traced. It
//!   would then borrow the stack again, which panics.
//! - Recording does not unwind. Most functions that a traced function calls are `extern "C"`,
//!   where a panic ends the process.
//! - Code in the destructor of any thread-local may record. So the block and the stack have no
//!   destructor and can always be accessed. Thread-locals with a destructor are accessed with
//!   `try_with`. When they are gone, the thread allocates instead of reusing memory, and loses
//!   the end of a span whose scope was left earlier.
//! - In the child of a `fork`, values of the parent process are neither locked nor dropped.
//!
//! The code that runs for each span is in [`thread`], [`mod@write`] and [`span`]. All other
//! code runs once per scope, or rarely. Functions are forced inline only in optimized builds,
//! because in a debug build compile time matters more.

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
    context_of_call, current_context, current_trace_id, forget, is_recording, recorded_position,
    start_passed_on,
};
pub(crate) use scope::entered;
pub(crate) use scope::{InScope, OwnedEntered, Parentage, Scope, Start, WaitingScope};
pub(crate) use span::{CapturedSpan, HeldSpan, Opening, SpanLife, miss, miss_unsampled};
pub use span::{SpanGuard, Traced, traced};
pub use thread::Paused;
#[cfg(feature = "tokio")]
pub(crate) use thread::is_quiet;
pub(crate) use thread::{PANICKED, kept_tag, quietly, tag_input};
#[cfg(feature = "testing")]
pub(crate) use trace::{StillOpen, Watch};
pub(crate) use trace::{TracerCore, TrustAllowances, spare_tracer};
