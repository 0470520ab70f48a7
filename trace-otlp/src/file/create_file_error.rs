//! The error for a file that cannot be created.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use trace_core::visible;

/// A file that cannot be created.
#[derive(Debug)]
pub struct CreateFileError {
    path: PathBuf,
    source: io::Error,
}

impl CreateFileError {
    pub(super) fn new(path: &Path, source: io::Error) -> Self {
        Self {
            path: path.to_owned(),
            source,
        }
    }
}

impl fmt::Display for CreateFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display().to_string();
        let path = visible(&path, usize::MAX);
        write!(f, "`{path}` cannot be created: {}", self.source)
    }
}

impl std::error::Error for CreateFileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_has_the_reason() {
        let source = io::Error::from(io::ErrorKind::PermissionDenied);
        let error = CreateFileError::new(Path::new("/root/a.json"), source);
        assert_eq!(
            error.to_string(),
            "`/root/a.json` cannot be created: permission denied"
        );
    }
}
