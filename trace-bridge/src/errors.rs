//! The sources of an error.

use std::error::Error;

/// The most sources that are read: a chain may be a circle.
const MAX_SOURCES: usize = 16;

/// Returns the texts of an error's sources, the nearest first; `None` if it has none.
pub(crate) fn chain_of(error: &(dyn Error + 'static)) -> Option<Vec<String>> {
    error.source()?;
    // The application's code, which may panic.
    trace_core::__private::evaluated(|| {
        let mut texts = Vec::new();
        let mut next = error.source();
        while let Some(source) = next.filter(|_| texts.len() < MAX_SOURCES) {
            texts.push(source.to_string());
            next = source.source();
        }
        texts
    })
}
