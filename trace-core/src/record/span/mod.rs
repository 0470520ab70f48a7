//! One span's life, and what holds it.
//!
//! A span is held by a future or stream ([`Traced`]), by a guard ([`SpanGuard`]), or by code
//! that starts one by hand ([`HeldSpan`]). A future, a root and a held span have a
//! [`SpanLife`], which knows where the span is in its life. A guard needs less, as it
//! stays in one place.
//!
//! What is done for each span is in `guard.rs` and `life/`; `held/` is for the few that
//! are held. This is the top of the recorder: nothing below it knows that a span has a
//! holder.

mod closing;
mod guard;
mod held;
mod life;
mod missed;
mod traced;

pub use guard::SpanGuard;
pub(crate) use held::HeldSpan;
#[cfg(all(test, loom))]
pub(in crate::record) use held::{Ending, Visits};
pub(crate) use life::{Opening, SpanLife};
pub(crate) use missed::{miss, miss_unsampled};
pub use traced::{Traced, traced};
