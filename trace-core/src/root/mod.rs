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
mod layer_root;
pub(crate) mod origin;
mod site_root;

pub(crate) use begin::{SiteAtOrigin, SiteRoot};
pub use builder::{RootBuilder, root};
pub use future::RootFuture;
pub(crate) use future::RootRun;
pub use guard::RootGuard;
pub use layer_root::{LayerRoot, Started};
pub(crate) use site_root::start_site_root;
