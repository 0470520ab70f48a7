//! Tracers: the handle, its options, the tracer of the process, and how a tracer ends.
//!
//! Does not record (`record`) and does not call collectors (`delivery`).

use crate::process::fork::{self, PerProcess};
use crate::process::id_generator::random_bits;

mod at_exit;
mod builder;
mod ending;
pub(crate) mod global;
mod idle;
#[expect(clippy::module_inception, reason = "the noun that the folder is about")]
mod tracer;

pub use builder::{BuildError, TracerBuilder};
pub use global::{InstallError, TracerGuard};
pub use idle::ShutdownWhenIdle;
pub use tracer::{Attached, Tracer};

/// Returns random bits that are drawn once in a process. The child of a `fork` draws its own.
pub(crate) fn instance_bits() -> u128 {
    static BITS: PerProcess<u128> = PerProcess::new();
    fork::call_in_children(in_child);
    *BITS.get(|_| u128::from(random_bits()) << 64 | u128::from(random_bits()))
}

/// Separates the child of a `fork` from its parent: no recording of the parent continues in
/// the child. Async-signal-safe, because it only sets atomics and thread-locals without
/// destructors.
extern "C" fn in_child() {
    crate::process::fork::Generation::begin_next();
    crate::process::id_generator::forget_seed();
    crate::record::forget();
    global::forget();
}
