//! The attributes: spans, values, and nothing else changed.

mod arguments;
mod errors;
mod recording;
mod shapes;
mod traced_tests;
mod unchanged;

pub(crate) use recording::{check, records};
