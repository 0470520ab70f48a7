//! The attributes: spans, values, and nothing else changed.

mod recording;
mod shapes;
mod unchanged;

pub(crate) use recording::{check, spans};
