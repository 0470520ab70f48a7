//! A recorded trace: the state that its scopes share, on all their threads.
//!
//! This folder owns the state that outlives a scope. A [`Head`] has the facts with which a
//! trace began, and a [`LocalTrace`] counts open scopes and spans. A [`Home`] has the ends of
//! moved spans, and a [`TracerCore`] is the part of a tracer that recording needs. It does not
//! know scopes, threads or entries of the stream.
//!
//! Recording threads share state only here and in `span/held`. The comments of each atomic
//! name its partner. The loom models are in `record/loom_models.rs`.

mod head;
mod home;
mod local_trace;
mod span_end;
pub(crate) mod spare_tracer;
mod tracer_core;
mod trust_allowances;
#[cfg(feature = "testing")]
mod watch;

pub(in crate::record) use head::Head;
pub(in crate::record) use home::Home;
pub(in crate::record) use local_trace::LocalTrace;
pub(in crate::record) use span_end::SpanEnd;
pub(in crate::record) use tracer_core::SHORT_TEXT;
pub(crate) use tracer_core::TracerCore;
pub(crate) use trust_allowances::TrustAllowances;
#[cfg(feature = "testing")]
pub(in crate::record) use watch::Beside;
#[cfg(feature = "testing")]
pub(crate) use watch::{StillOpen, Watch};
