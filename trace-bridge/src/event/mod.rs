//! Events of `tracing`: logs of spans, errors of spans, and spans that have ended with them.

mod values;
mod write;

#[cfg(feature = "log")]
pub(crate) use values::{EventValues, LogValue};
pub(crate) use write::{EventTarget, write_event};
#[cfg(feature = "log")]
pub(crate) use write::{note_log_bridged, write_log};
