//! What layers and collectors of other crates need that makes no sense elsewhere.

use std::fmt;
use std::panic::Location;

use crate::diagnostics;
use crate::process::caught;
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

/// Runs code of the application that is only there to record something; `None` if it panicked.
pub fn catch<R>(run: impl FnOnce() -> R) -> Option<R> {
    caught::catch(run)
}

/// Returns whether this crate catches a panic of the code that runs here.
pub fn is_catching() -> bool {
    caught::is_catching()
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

/// Notes that there is a layer for HTTP, for lines about what is missing. `handles_request`
/// returns whether the current thread handles a request.
pub fn note_http_layer(handles_request: fn() -> bool) {
    diagnostics::note_http_layer(handles_request);
}

/// Says, once, that hosts match nothing which a method of a client's layer lists.
pub fn unmatched_hosts(source: &Location<'_>, method: &str, hosts: &[String]) {
    diagnostics::unmatched_hosts(source, method, hosts);
}

/// Says that a collector got connected, lost its connection, or had spans refused.
pub fn export_changed(message: &str) {
    diagnostics::tell_export(message);
}
