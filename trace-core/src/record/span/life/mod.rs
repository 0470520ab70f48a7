//! The life of one span, for every kind of holder.
//!
//! Futures, streams, roots and held spans have one life each, which runs their code within the
//! span. Guards need less, because they stay in one place; see `guard.rs`.
//!
//! - `span_life`: the three words, and the phases.
//! - `called`: from a call to the first poll.
//! - `moved`: polls outside the span's scope.
//! - `enter`, `leave`, `poll`: one poll.
//! - `cancel`: the drop of a body that is not ready.
//!
//! Only one thread at a time changes a life, because its holder has it by `&mut`. The
//! functions that a future calls are `extern "C"` and do not unwind; see `SpanLife::begin_at`.

mod called;
mod cancel;
mod enter;
mod leave;
mod moved;
mod poll;
mod span_life;

pub(crate) use enter::Opening;
pub(crate) use span_life::SpanLife;
