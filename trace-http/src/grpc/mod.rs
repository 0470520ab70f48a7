//! What of gRPC is seen in requests and responses of HTTP.
//!
//! Owns the status codes, where they are found, and which method is called. Knows no
//! messages: bodies pass as they are.

mod call;
mod code;
mod status;
mod web;

pub(crate) use call::{Format, method};
pub use code::Code;
pub(crate) use status::CallStatus;
