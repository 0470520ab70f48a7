//! Tracers: where traces begin and what they are recorded with.

mod builder;
mod global;
mod root;
#[expect(clippy::module_inception, reason = "the noun that the folder is about")]
mod tracer;

pub use builder::{BuildError, TracerBuilder};
pub use global::{InstallError, TracerGuard};
pub use root::{RootBuilder, RootFuture, RootGuard, root};
pub(crate) use root::{RootRun, SiteRoot};
pub use tracer::{Attached, Tracer};
