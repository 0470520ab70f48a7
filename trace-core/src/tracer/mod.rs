//! Tracers: what traces are recorded with.

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

/// Makes the child of a `fork` a process of its own: nothing of its parent's goes on in
/// it. Async-signal-safe: sets thread-locals without destructors, and atomics.
extern "C" fn in_child() {
    crate::process::fork::Generation::begin_next();
    crate::process::id_generator::forget_seed();
    crate::record::forget();
    global::forget();
}
