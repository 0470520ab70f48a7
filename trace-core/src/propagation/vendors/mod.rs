//! Headers that are not the W3C's, a file for each format.
//!
//! They have much in common: ids in hex of several lengths, a decision that may be open, and
//! ids or a decision that come alone. What is bad of them is said by [`ParseVendorError`].

mod b3;
mod datadog;
mod datadog_state;
mod error;
mod ids;
mod jaeger;
mod uber_baggage;
mod x_trace;
mod xray;

pub use b3::{B3MultiPropagator, B3Propagator};
pub use datadog::DatadogPropagator;
pub use error::ParseVendorError;
pub use jaeger::JaegerPropagator;
pub use x_trace::XTracePropagator;
pub use xray::XrayPropagator;
