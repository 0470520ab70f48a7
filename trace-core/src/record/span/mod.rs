//! One span's life, and whoever holds it.

mod closing;
pub(in crate::record) mod future;
pub(in crate::record) mod guard;
pub(in crate::record) mod held;
pub(in crate::record) mod life;
pub(in crate::record) mod missed;
