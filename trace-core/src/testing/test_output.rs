//! What a test may return.

use std::convert::Infallible;
use std::process::ExitCode;

/// What a `#[traced_test]` may return.
///
/// Implement it for your own types that implement [`Termination`](std::process::Termination).
#[diagnostic::on_unimplemented(
    message = "a `#[traced_test]` cannot return `{Self}`",
    note = "expected `()`, a `Result`, or a type that implements `trace_core::testing::TestOutput`"
)]
pub trait TestOutput {
    /// Returns whether the test has failed.
    fn is_failure(&self) -> bool;
}

impl TestOutput for () {
    fn is_failure(&self) -> bool {
        false
    }
}

impl TestOutput for Infallible {
    fn is_failure(&self) -> bool {
        match *self {}
    }
}

impl TestOutput for ExitCode {
    fn is_failure(&self) -> bool {
        *self != Self::SUCCESS
    }
}

impl<T: TestOutput, E> TestOutput for Result<T, E> {
    fn is_failure(&self) -> bool {
        self.as_ref().map_or(true, TestOutput::is_failure)
    }
}
