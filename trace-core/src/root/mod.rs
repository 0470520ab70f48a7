//! Root spans: where traces begin, or go on from another process.

mod begin;
mod builder;
mod description;
mod future;
mod guard;
pub(crate) mod origin;

pub(crate) use begin::{SiteFrom, SiteRoot};
pub(crate) use builder::root_at;
pub use builder::{RootBuilder, root};
pub use future::RootFuture;
pub(crate) use future::RootRun;
pub use guard::RootGuard;
