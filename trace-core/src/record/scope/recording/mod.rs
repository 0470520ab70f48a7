//! What a scope has recorded and not handed over.
//!
//! A [`Recording`] is a pointer to a stream, which the next scope of the thread uses
//! again. The scope owns it alone, so nothing here is behind a lock, and a scope that moves
//! to another thread takes it along. From below to above:
//!
//! - `parents`, `spare_chunks`, `scope_stream`: the parts.
//! - `pieces`: how the stream is written and handed to the queue.
//! - `spare`, `shared`: what a thread keeps, and the trace when others need it.
//! - `recording`: how a scope begins, and what is known of it.
//! - `staged`, `span_ends`, `hand_over`, `polls`, `end`: from the stage to the end of the scope.
//! - `visit`, `visiting`, `context`: visits of spans, and what is asked of a scope.
//!
//! Nothing here knows which scopes are entered. Most functions run while the thread's stack
//! is borrowed, so they drop nothing of the application; [`Recording::end`] is the exception.

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
