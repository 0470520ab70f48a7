//! Headers that are not the W3C's.

mod x_trace;

pub use x_trace::{ParseXTraceError, XTracePropagator};
