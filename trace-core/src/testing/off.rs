//! What stands for the macros of `testing` without that feature.

/// Is an error of the compiler that names the feature.
#[doc(hidden)]
#[macro_export]
macro_rules! assert_trace {
    ($($input:tt)*) => {
        ::core::compile_error!(
            "`assert_trace!` needs the feature `testing` of `trace-core`: put it under `[dev-dependencies]`"
        )
    };
}

/// Is an error of the compiler that names the feature.
#[doc(hidden)]
#[macro_export]
macro_rules! assert_no_orphans {
    ($($input:tt)*) => {
        ::core::compile_error!(
            "`assert_no_orphans!` needs the feature `testing` of `trace-core`: put it under `[dev-dependencies]`"
        )
    };
}
