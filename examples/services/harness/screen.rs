//! Where the example writes to.
//!
//! It keeps texts of several threads apart. It does not know what they say.

use std::fmt::Display;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// A shared place for text: several threads write, and no text mingles.
#[derive(Clone)]
pub struct Screen(Arc<Mutex<Box<dyn Write + Send>>>);

impl Screen {
    pub fn new(writer: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Box::new(writer))))
    }

    pub fn stdout() -> Self {
        Self::new(std::io::stdout())
    }

    /// Writes at once. What nobody reads any more is lost.
    pub fn print(&self, text: impl Display) {
        let text = text.to_string();
        let mut writer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let written = writer.write_all(text.as_bytes());
        drop(written.and_then(|()| writer.flush()));
    }
}
