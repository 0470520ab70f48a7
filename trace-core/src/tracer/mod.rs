//! Tracers: where traces begin and what they are recorded with.

mod begin;
mod builder;
mod global;
mod origin;
mod root_builder;
mod root_future;
mod root_guard;
#[expect(clippy::module_inception, reason = "the noun that the folder is about")]
mod tracer;

pub(crate) use begin::{SiteFrom, SiteRoot};
pub use builder::{BuildError, TracerBuilder};
pub use global::{InstallError, TracerGuard};
pub(crate) use origin::Origin;
pub use root_builder::{RootBuilder, root};
pub use root_future::RootFuture;
pub(crate) use root_future::RootRun;
pub use root_guard::RootGuard;
pub use tracer::{Attached, Tracer};
