//! What layers of other crates need that makes no sense elsewhere.

use std::borrow::Cow;
use std::panic::Location;

use crate::diagnostics;
use crate::root::{self, RootBuilder};
use crate::tracer::Tracer;

/// Describes a root span that begins at the place where a layer was made.
pub fn root_at(
    tracer: Option<&Tracer>,
    operation_name: Cow<'static, str>,
    source: &'static Location<'static>,
) -> RootBuilder {
    root::root_at(tracer, operation_name, source)
}

/// Says, once, that requests pass two layers, made at these places.
pub fn two_layers(outer: &Location<'_>, inner: &Location<'_>) {
    diagnostics::two_layers(outer, inner);
}
