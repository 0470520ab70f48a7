//! Scopes: what surrounds their code, what they have recorded, and which of them a thread
//! is in.

pub(in crate::record) mod active;
pub(crate) mod entered;
pub(in crate::record) mod in_scope;
pub(in crate::record) mod recording;
#[expect(clippy::module_inception, reason = "the noun that the folder is about")]
pub(in crate::record) mod scope;
pub(in crate::record) mod unsampled;
