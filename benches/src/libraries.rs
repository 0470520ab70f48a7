//! The same functions, instrumented with each library as its documentation says.

pub mod emit;
pub mod fastrace;
pub mod floor;
pub mod opentelemetry;
pub mod ours;
pub mod plain;
pub mod tracing;
