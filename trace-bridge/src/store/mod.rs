//! Where the bridge keeps what is open: spans by their ids, and facts about call sites.
//!
//! It does not know what spans are.

mod inner_ids;
mod pages;
mod slots;

pub(crate) use inner_ids::InnerIds;
pub(crate) use pages::Pages;
pub(crate) use slots::{SlotId, Slots};
