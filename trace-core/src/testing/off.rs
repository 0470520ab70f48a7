//! The macros of `testing` in a build without that feature. Each expands to an error that
//! names the feature.

/// Expands to a compiler error that names the feature.
#[doc(hidden)]
#[macro_export]
macro_rules! assert_trace {
    ($($input:tt)*) => {
        ::core::compile_error!(
            "`assert_trace!` needs the feature `testing` of `trace-core`: put it under `[dev-dependencies]`"
        )
    };
}

/// Expands to a compiler error that names the feature.
#[doc(hidden)]
#[macro_export]
macro_rules! assert_no_orphans {
    ($($input:tt)*) => {
        ::core::compile_error!(
            "`assert_no_orphans!` needs the feature `testing` of `trace-core`: put it under `[dev-dependencies]`"
        )
    };
}
