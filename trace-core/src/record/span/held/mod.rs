//! A recorded span that is held: entered, written to and ended from anywhere.
//!
//! It is a [`SpanLife`](super::life::SpanLife) that threads share. What only its holder may
//! do, while no other thread can see the span, is left to that life (`poll.rs`). What all may
//! do goes through [`Visits`](visits::Visits): enter it, write to it, end it.
//!
//! - `held_span`: what it is made of, and how it begins.
//! - `visits`: who is in it, and which of them ends it.
//! - `visit`, `write`, `end`, `poll`: what is done with it.
//! - `own_scope`, `close`: the scope of a root that is held, and where an end is written.

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
