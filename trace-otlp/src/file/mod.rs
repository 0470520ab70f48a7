//! Collectors that write files.

mod chrome_trace;
mod create_file_error;
mod json_collector;
mod open_at_line;
mod output;
mod rotating_file;

pub use chrome_trace::{ChromeTraceCollector, to_chrome_trace};
pub use create_file_error::CreateFileError;
pub use json_collector::{JsonCollector, JsonOptions};
pub use output::JsonStats;
pub use rotating_file::{RotatingFile, Rotation};
