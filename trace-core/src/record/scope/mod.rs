//! Scopes: what surrounds their code, what they have recorded, and which of them a thread has
//! entered.
//!
//! A scope is one root, one entry of a trace from another process, or one spawned task.
//! While its code does not run, it is a [`Scope`]. While its code runs, its state is on the
//! thread's stack ([`entered`]). Both hold an [`Active`], which has a [`recording`] if the
//! trace is recorded.
//!
//! The state has one owner at any time, and is moved between the two with each poll. So a
//! scope records without locks and atomics, although its polls may run on different threads.
//! The shared state of a trace is in [`LocalTrace`](crate::record::trace).
//!
//! - `active`, `attachment`, `unsampled`, `recording`: the state of a scope.
//! - `entered`: the thread's stack. It holds that state, so it is here and not beside the
//!   block.
//! - `scope`, `start`, `capture`, `entering`: a scope between polls, how it begins, and how a
//!   thread runs its code.
//! - `waiting`, `in_scope`: hold a scope beside a body.
//!
//! This folder does not know the meaning of entries.

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
