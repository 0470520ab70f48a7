//! The thread: where it is, and its stage, in which entries wait to be moved to a chunk.

pub(in crate::record) mod hot;
pub(in crate::record) mod quietly;
