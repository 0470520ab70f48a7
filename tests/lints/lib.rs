//! Functions that compilers and linters have something to say about.
//!
//! `test.rs` has them checked without and with the attributes: what is said has to
//! be the same. Where it is not, the function is in `different`, with the reason.

#![cfg(all(feature = "corpus", not(feature = "nothing")))]
#![warn(
    future_incompatible,
    keyword_idents,
    let_underscore,
    nonstandard_style,
    refining_impl_trait,
    rust_2018_idioms,
    rust_2024_compatibility,
    unused,
    warnings
)]
#![warn(
    absolute_paths_not_starting_with_crate,
    ambiguous_negative_literals,
    arithmetic_overflow,
    closure_returning_async_block,
    deprecated_in_future,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    ffi_unwind_calls,
    impl_trait_redundant_captures,
    invalid_reference_casting,
    let_underscore_drop,
    let_underscore_lock,
    meta_variable_misuse,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    non_ascii_idents,
    overflowing_literals,
    redundant_imports,
    redundant_lifetimes,
    single_use_lifetimes,
    static_mut_refs,
    trivial_casts,
    trivial_numeric_casts,
    unconditional_panic,
    unit_bindings,
    unnameable_types,
    unreachable_pub,
    unsafe_code,
    unsafe_op_in_unsafe_fn,
    unused_crate_dependencies,
    unused_import_braces,
    unused_lifetimes,
    unused_macro_rules,
    unused_qualifications,
    unused_results,
    variant_size_differences
)]
#![warn(
    clippy::all,
    clippy::cargo,
    clippy::nursery,
    clippy::pedantic,
    clippy::restriction
)]
#![allow(
    clippy::blanket_clippy_restriction_lints,
    reason = "the more is said, the more is compared"
)]

// With another crate in sight, the compiler writes some types with longer paths.
use trace_core as _;

#[path = "corpus/arguments.rs"]
pub mod arguments;
#[path = "corpus/asynchronous.rs"]
pub mod asynchronous;
#[path = "corpus/blocks.rs"]
pub mod blocks;
#[path = "corpus/different.rs"]
pub mod different;
#[path = "corpus/flow.rs"]
pub mod flow;
#[path = "corpus/items.rs"]
pub mod items;
#[path = "corpus/returned.rs"]
pub mod returned;
#[path = "corpus/signatures.rs"]
pub mod signatures;
#[path = "corpus/style.rs"]
pub mod style;
#[path = "corpus/types.rs"]
pub mod types;
#[path = "corpus/unused.rs"]
pub mod unused;
