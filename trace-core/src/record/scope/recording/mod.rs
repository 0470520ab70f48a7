//! What a scope has recorded and not handed over.
//!
//! A [`Recording`] is a pointer to a stream, which the next scope of the thread uses again.
//! The files that add to it go from what waits in the stage to the end of the scope.

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
