//! A recorded trace: what its scopes share, on whichever threads they run.

pub(in crate::record) mod caps;
pub(in crate::record) mod head;
pub(in crate::record) mod home;
pub(crate) mod kept_tracer;
pub(in crate::record) mod local_trace;
pub(in crate::record) mod tracer_core;
#[cfg(feature = "testing")]
pub(in crate::record) mod watch;
