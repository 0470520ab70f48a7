//! Reports what the readers of these formats left out. Does not describe it: `error.rs` does.

use super::error::ParseVendorError;
use crate::propagation::{Extracted, Extractor, HeaderProblem};

/// Extracts with a reader. Its error is reported, and what it had found until then stays.
pub(super) fn extract_with(
    read: fn(&dyn Extractor, &mut Extracted) -> Result<(), ParseVendorError>,
    headers: &dyn Extractor,
) -> Extracted {
    let mut found = Extracted::default();
    if let Err(error) = read(headers, &mut found) {
        report(&mut found, error);
    }
    found
}

/// Adds a problem to what was found.
pub(super) fn report(found: &mut Extracted, error: ParseVendorError) {
    found.problems.push(HeaderProblem::Vendor(error));
}
