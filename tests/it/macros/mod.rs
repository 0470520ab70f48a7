//! The attributes: spans, values, and nothing else changed.

mod recording;
mod shapes;

pub(crate) use recording::{check, spans};
