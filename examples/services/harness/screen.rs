//! The output of the example.
//!
//! It prevents texts of several threads from being mixed.

use std::fmt::Display;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// A shared output. Several threads can write without mixing their texts.
#[derive(Clone)]
pub struct Screen(Arc<Mutex<Box<dyn Write + Send>>>);

impl Screen {
    pub fn new(writer: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Box::new(writer))))
    }

    pub fn stdout() -> Self {
        Self::new(std::io::stdout())
    }

    /// Writes a text immediately. If the output is closed, the text is lost.
    pub fn print(&self, text: impl Display) {
        let text = text.to_string();
        let mut writer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let written = writer.write_all(text.as_bytes());
        drop(written.and_then(|()| writer.flush()));
    }
}
