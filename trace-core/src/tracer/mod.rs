//! Tracers: where traces begin and what they are recorded with.

mod at_exit;
mod begin;
mod builder;
mod ending;
mod global;
mod idle;
mod origin;
mod root_builder;
mod root_future;
mod root_guard;
#[expect(clippy::module_inception, reason = "the noun that the folder is about")]
mod tracer;

pub(crate) use begin::{SiteFrom, SiteRoot};
pub use builder::{BuildError, TracerBuilder};
pub use global::{InstallError, TracerGuard};
pub use idle::ShutdownWhenIdle;
pub(crate) use origin::Origin;
pub use root_builder::{RootBuilder, root};
pub use root_future::RootFuture;
pub(crate) use root_future::RootRun;
pub use root_guard::RootGuard;
pub use tracer::{Attached, Tracer};

/// Makes the child of a `fork` a process of its own: nothing of its parent's goes on in
/// it. Async-signal-safe: sets thread-locals without destructors, and atomics.
extern "C" fn in_child() {
    crate::fork::Generation::begin_next();
    crate::id_generator::forget_seed();
    crate::record::forget();
    global::forget();
}
