//! The life of a span, and its holders.
//!
//! A span is held by a future or stream ([`Traced`]), by a guard ([`SpanGuard`]), or by code
//! that starts one by hand ([`HeldSpan`]). A future, a root and a held span have a
//! [`SpanLife`], which knows the span's phase. A guard needs less, because it stays in one
//! place.
//!
//! The code for all spans is in `guard.rs` and `life/`. `held/` is for held spans, which are
//! few. This folder is the top layer of the recorder. The lower layers do not know that a span
//! has a holder.

mod captured;
mod closing;
mod guard;
mod held;
mod life;
mod missed;
mod traced;

pub(crate) use captured::CapturedSpan;
pub use guard::SpanGuard;
pub(crate) use held::HeldSpan;
#[cfg(all(test, loom))]
pub(in crate::record) use held::{Ending, Visits};
pub(crate) use life::{Opening, SpanLife};
pub(crate) use missed::{miss, miss_unsampled};
pub use traced::{Traced, traced};
