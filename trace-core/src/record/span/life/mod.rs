//! One span and where it is in its life, whatever holds it.
//!
//! Futures, streams, roots and held spans have one of these and ask it to run their code
//! within the span. Guards need less, as they stay in one place: see
//! [`guard`](super::guard).

mod called;
mod cancel;
mod enter;
mod leave;
mod moved;
mod poll;
mod span_life;

pub(crate) use enter::Opening;
pub(crate) use span_life::SpanLife;
