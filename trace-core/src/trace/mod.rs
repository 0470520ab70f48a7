//! Whole traces: put together of spans from anywhere, and shown.

pub(crate) mod assemble;
pub(crate) mod view;
