//! The entries that a scope has recorded and not handed over.
//!
//! A [`Recording`] is a pointer to a stream, which the next scope of the thread reuses. Only
//! the scope owns it, so it needs no lock, and it moves with the scope to another thread. From
//! the bottom up:
//!
//! - `parents`, `spare_chunks`, `scope_stream`: the parts.
//! - `pieces`: writes the stream and passes it to the queue.
//! - `spare`, `shared`: what a thread keeps for reuse, and the trace once it is shared.
//! - `recording`: how a scope begins, and its properties.
//! - `staged`, `span_ends`, `hand_over`, `polls`, `end`: from the stage to the end of the scope.
//! - `visit`, `visiting`, `context`: visits of spans, and reading a scope.
//!
//! This folder does not know which scopes are entered. Most functions run while the thread's
//! stack is borrowed, so they do not drop the application's values. [`Recording::end`] is the
//! exception.

mod context;
mod end;
mod hand_over;
mod parents;
mod pieces;
mod polls;
#[expect(clippy::module_inception, reason = "the noun that the folder is about")]
mod recording;
mod scope_stream;
mod shared;
mod span_ends;
mod spare;
mod spare_chunks;
mod staged;
mod visit;
mod visiting;

pub(in crate::record) use recording::Recording;
pub(in crate::record) use visiting::Visiting;
