//! A recorded span in a handle. It can be entered, written to and ended from anywhere.
//!
//! It is a [`SpanLife`](super::life::SpanLife) that threads share. The life handles polls of
//! the holder, which has exclusive access (`poll.rs`). [`Visits`](visits::Visits) synchronizes
//! the operations that any thread may do: entering the span, writing to it, and ending it.
//!
//! - `held_span`: its fields, and how it begins.
//! - `visits`: counts the threads in it, and decides which one ends it.
//! - `visit`, `write`, `end`, `poll`: the operations.
//! - `own_scope`, `close`: the scope of a held root, and where an end is written.

mod close;
mod end;
mod held_span;
mod own_scope;
mod poll;
mod visit;
mod visits;
mod write;

pub(crate) use held_span::HeldSpan;
#[cfg(all(test, loom))]
pub(in crate::record) use visits::{Ending, Visits};
