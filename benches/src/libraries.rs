//! The same functions, instrumented with each library according to its documentation.

pub mod emit;
pub mod fastrace;
pub mod floor;
pub mod opentelemetry;
pub mod ours;
pub mod plain;
pub mod tracing;
