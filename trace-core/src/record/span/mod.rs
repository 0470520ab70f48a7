//! One span's life, and whoever holds it.

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
