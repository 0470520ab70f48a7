//! What the examples share.

/// Fails with the claim unless it holds, so that running an example is a test.
///
/// # Errors
///
/// When it does not hold.
pub fn check(holds: bool, claim: &str) -> Result<(), String> {
    if holds {
        return Ok(());
    }
    Err(format!("this does not hold: {claim}"))
}
