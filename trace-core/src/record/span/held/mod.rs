//! A recorded span that is held: entered, written to and ended from anywhere.
//!
//! A [`SpanLife`](super::life::SpanLife) that threads share. What its holder alone may do, as
//! no other thread can see it meanwhile, is that life's own business; what all may do goes
//! through [`Visits`](visits::Visits).

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
