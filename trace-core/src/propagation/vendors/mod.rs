//! Header formats that are not the W3C's, one file each.
//!
//! In most of them the sampling decision may be open, and an id or a decision may come alone.
//! [`ParseVendorError`] describes what is bad in any of them.

mod b3;
mod datadog;
mod datadog_state;
mod error;
mod ids;
mod jaeger;
mod report;
mod uber_baggage;
mod x_trace;
mod xray;

pub use b3::{B3MultiPropagator, B3Propagator};
pub use datadog::DatadogPropagator;
pub use error::ParseVendorError;
pub use jaeger::JaegerPropagator;
pub use x_trace::XTracePropagator;
pub use xray::XrayPropagator;
