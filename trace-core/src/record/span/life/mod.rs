//! One span and where it is in its life, whatever holds it.
//!
//! Futures, streams, roots and held spans have one life each, and ask it to run their code
//! within the span. Guards need less, as they stay in one place: see `guard.rs`.
//!
//! - `span_life`: the three words, and the phases.
//! - `called`: from a call to the first poll.
//! - `moved`: polls away from the scope of the span.
//! - `enter`, `leave`, `poll`: one poll.
//! - `cancel`: the drop of a body that is not ready.
//!
//! A life is changed by one thread at a time: its holder has it by `&mut`. What a future
//! calls of it is `extern "C"` and does not unwind: see `SpanLife::begin_at`.

mod called;
mod cancel;
mod enter;
mod leave;
mod moved;
mod poll;
mod span_life;

pub(crate) use enter::Opening;
pub(crate) use span_life::SpanLife;
