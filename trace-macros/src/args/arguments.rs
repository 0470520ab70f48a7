//! The values of an attribute's arguments.
//!
//! Does not read them, which is `reader.rs`, and does not list them, which is
//! `known_arguments.rs`.

use proc_macro2::TokenStream;
use syn::{LitStr, Path};

use super::tags::TagArg;
use super::values::ErrArg;
use crate::attribute::Attribute;
use crate::returns::ReturnsArg;

/// What the user asked for.
pub(crate) struct Args {
    /// The operation name; without it, the function's name is used.
    pub(crate) operation: Option<LitStr>,
    /// The name of the service, evaluated when a span is recorded.
    pub(crate) service: Option<TokenStream>,
    /// The variant of `SpanKind`.
    pub(crate) kind: Option<&'static str>,
    /// The tags in the order in which they are written.
    pub(crate) tags: Vec<TagArg>,
    /// What an `Err` does.
    pub(crate) errors: ErrArg,
    /// Spans of other traces to link to.
    pub(crate) links: Vec<TokenStream>,
    /// The context of the parent span.
    pub(crate) parent: Option<TokenStream>,
    /// The span begins a trace.
    pub(crate) is_root: bool,
    /// The remote context that a root continues, and how far it is trusted.
    pub(crate) remote: Option<TokenStream>,
    pub(crate) trust: Option<TokenStream>,
    /// What the attribute says about the returned value.
    pub(crate) returns: ReturnsArg,
    /// The function is left as it is.
    pub(crate) skip: bool,
    /// The path of `trace-core`.
    pub(crate) krate: Option<Path>,
    /// Each argument as it is written, with its name.
    pub(crate) written: Vec<(&'static str, TokenStream)>,
}

impl Args {
    /// Returns the arguments of an attribute that has none.
    pub(super) fn new(attribute: Attribute) -> Self {
        Self {
            operation: None,
            service: None,
            kind: None,
            tags: Vec::new(),
            errors: ErrArg::Full,
            links: Vec::new(),
            parent: None,
            is_root: attribute == Attribute::TraceRoot,
            remote: None,
            trust: None,
            returns: ReturnsArg::Unsaid,
            skip: false,
            krate: None,
            written: Vec::new(),
        }
    }
}
