//! A recorded trace: what its scopes share, on whichever threads they run.

mod caps;
mod head;
mod home;
pub(crate) mod kept_tracer;
mod local_trace;
mod span_end;
mod tracer_core;
#[cfg(feature = "testing")]
mod watch;

pub(crate) use caps::Caps;
pub(in crate::record) use head::Head;
pub(in crate::record) use home::Home;
pub(in crate::record) use local_trace::LocalTrace;
pub(in crate::record) use span_end::SpanEnd;
pub(in crate::record) use tracer_core::SHORT_TEXT;
pub(crate) use tracer_core::TracerCore;
#[cfg(feature = "testing")]
pub(in crate::record) use watch::Beside;
#[cfg(feature = "testing")]
pub(crate) use watch::{StillOpen, Watch};
