//! Scopes: what surrounds their code, what they have recorded, and which of them a thread
//! is in.

mod active;
mod attachment;
mod capture;
pub(crate) mod entered;
mod entering;
mod in_scope;
mod recording;
#[expect(clippy::module_inception, reason = "the noun that the folder is about")]
mod scope;
mod start;
mod unsampled;
mod waiting;

pub(in crate::record) use active::Active;
pub(crate) use entering::OwnedEntered;
pub(in crate::record) use entering::{Entered, end_visit_of, enter_to_open};
pub(crate) use in_scope::InScope;
#[cfg(all(test, loom))]
pub(in crate::record) use recording::Recording;
pub(crate) use scope::Scope;
pub(in crate::record) use scope::end_scope;
pub(crate) use start::{Parentage, Start};
pub(in crate::record) use unsampled::Unsampled;
pub(crate) use waiting::WaitingScope;
