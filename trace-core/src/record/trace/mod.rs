//! A recorded trace: what its scopes share, on all threads on which they run.
//!
//! This folder owns what outlives a scope: the facts with which a trace began ([`Head`]),
//! the count of what is still open ([`LocalTrace`]), the ends of spans that moved away
//! ([`Home`]), and the part of a tracer that recording needs ([`TracerCore`]). It knows
//! no scope, no thread and no entry of the stream.
//!
//! All sharing between threads that record is here and in `span/held`. Each atomic names its
//! partner; loom's models of them are in `record/loom_models.rs`.

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
