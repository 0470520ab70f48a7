//! The attributes: spans, values, and nothing else changed.

mod arguments;
mod errors;
mod recording;
mod shapes;
mod unchanged;

pub(crate) use recording::check;
