//! Root spans: spans with their own scope, where a trace begins or continues from another
//! process.
//!
//! Owns the description and the beginning of root spans. `record` owns their scopes and the
//! state of their spans; `propagation` reads headers.

mod begin;
mod builder;
mod description;
mod future;
mod guard;
pub(crate) mod origin;

pub(crate) use begin::{SiteAtOrigin, SiteRoot};
pub(crate) use builder::root_at;
pub use builder::{RootBuilder, root};
pub use future::RootFuture;
pub(crate) use future::RootRun;
pub use guard::RootGuard;
