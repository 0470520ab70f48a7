//! Environment variables.

use std::ffi::OsString;

/// Reads an environment variable. No other function in this crate reads one.
///
/// Only [`diagnostics`](crate::diagnostics) reads variables without a request. All other code
/// reads them only if the application asks for it, as with
/// [`Limits::from_env`](crate::Limits::from_env).
pub(crate) fn variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "only this function reads the environment"
    )]
    std::env::var(name).ok()
}

/// Returns all variables.
pub(crate) fn variables() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
}
