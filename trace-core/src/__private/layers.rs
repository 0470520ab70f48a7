//! What layers and collectors of other crates need that makes no sense elsewhere.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;

use crate::diagnostics;
use crate::record::write;
use crate::root::{self, RootBuilder};
use crate::span::builder;
use crate::span::open_span::OpenSpan;
use crate::tracer::Tracer;
use crate::value::SpanKind;

/// Describes a root span that begins at the place where a layer was made.
pub fn root_at(
    tracer: Option<&Tracer>,
    operation_name: Cow<'static, str>,
    source: &'static Location<'static>,
) -> RootBuilder {
    root::root_at(tracer, operation_name, source)
}

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

/// Says, once for each text, that a setting in the environment is not followed.
pub fn setting_ignored(message: &str) {
    diagnostics::tell_setting(message);
}

/// Says, once for each text and only if details are wanted, how the environment has set up a
/// tracer.
pub fn set_up(message: &str) {
    diagnostics::tell_set_up(message);
}

/// Returns random bits that name this process. The child of a `fork` has others.
#[must_use]
pub fn instance_bits() -> u128 {
    crate::tracer::instance_bits()
}

/// Says, once, that requests pass two layers, made at these places.
pub fn two_layers(outer: &Location<'_>, inner: &Location<'_>) {
    diagnostics::two_layers(outer, inner);
}

/// Says that a collector got connected, lost its connection, or had spans refused.
pub fn export_changed(message: &str) {
    diagnostics::tell_export(message);
}
