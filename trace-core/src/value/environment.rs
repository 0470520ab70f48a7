//! The variables of the environment.

use std::ffi::OsString;

/// Reads a variable: the one place that does. Nothing of this crate depends on one that
/// nobody has asked for, but what is said by [`diagnostics`](crate::diagnostics).
pub(crate) fn variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    std::env::var(name).ok()
}

/// Returns all variables.
pub(crate) fn variables() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
}
