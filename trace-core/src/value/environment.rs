//! Environment variables.

/// Reads a variable. Only this function does.
///
/// Apart from [`diagnostics`](crate::diagnostics), no part of this crate depends on a variable
/// unless the application asks for it, as with [`Limits::from_env`](crate::Limits::from_env).
pub(crate) fn variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "only this function reads the environment"
    )]
    std::env::var(name).ok()
}
