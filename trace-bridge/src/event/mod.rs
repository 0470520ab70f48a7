//! Events of `tracing`: logs of spans, errors of spans, and spans that have ended with them.

mod values;
mod write;

pub(crate) use write::{EventTarget, write_event};
