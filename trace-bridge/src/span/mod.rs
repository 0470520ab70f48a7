//! Spans of `tracing` as spans of this process's traces.

mod bridged;
mod fields;
mod pending;

pub(crate) use bridged::{BridgedSpan, Visit};
pub(crate) use fields::SpanFields;
#[cfg(feature = "tracing")]
pub(crate) use pending::Said;
