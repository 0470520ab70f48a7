//! What layers of other crates need that makes no sense elsewhere.

use std::fmt;
use std::panic::Location;

use crate::diagnostics;
use crate::record::write;
use crate::span::builder;
use crate::span::open_span::OpenSpan;
use crate::value::SpanKind;

pub use crate::root::{LayerRoot, Started};
pub use crate::span::unrecorded::UnrecordedSpan;

/// Starts a span below the current one, at the place where a layer was made; `None` where
/// nothing is recorded.
pub fn start_at<'a>(
    operation_name: impl FnOnce() -> &'a str,
    kind: SpanKind,
    source: &'static Location<'static>,
) -> Option<OpenSpan> {
    builder::start_at(operation_name, kind, source)
}

/// Records an error of the current span, as `span::record_error` does, with another name for
/// its type.
pub fn record_error_as(type_name: &'static str, message: &dyn fmt::Display) {
    write::own_error(type_name, message, true);
}

/// Says, once, that requests pass two layers, made at these places.
pub fn two_layers(outer: &Location<'_>, inner: &Location<'_>) {
    diagnostics::two_layers(outer, inner);
}
