//! Shared code of the examples.

/// Returns the claim as an error unless `holds` is true, so that running an example tests it.
///
/// # Errors
///
/// If `holds` is false.
pub fn check(holds: bool, claim: &str) -> Result<(), String> {
    if holds {
        return Ok(());
    }
    Err(format!("this does not hold: {claim}"))
}
