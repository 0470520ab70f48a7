//! Functions and types for the code that the attributes generate, and for crates that belong to
//! this one. Do not use them directly.
//!
//! This module is not stable: `trace-core` depends on exactly one version of `trace-macros`.
//! `record` and `root` implement the recording.
//!
//! | file | content |
//! |---|---|
//! | `recording` | opens spans, and records tags, services and errors in the current one |
//! | `outcome` | finds out whether a returned value is an error, and of which kind |
//! | `returned` | finds out whether a named return type is a future, a stream or a value |
//! | `polling`, `value_call`, `boxes` | calls of functions with such a type |
//! | `future`, `calling` | functions that are not async and return a future or a stream |
//! | `site_of_span` | what a span shares with the place where it was opened |
//! | `bridge` | spans of another library |
//! | `origin` | `parent = ..`, `remote = ..` and `links(..)` |

mod boxes;
pub mod bridge;
mod calling;
mod future;
mod layers;
mod origin;
pub mod outcome;
mod polling;
mod recording;
mod returned;
mod site_of_span;
mod value_call;

pub use crate::value::SpanKind;
pub use boxes::{FutureCall, StreamCall};
pub use calling::{Calling, calling};
pub use future::{First, ItemOf, OutputOf, Prologue, ReturnOf, boxed, first, unpinned};
pub use layers::{
    LayerRoot, Started, UnrecordedSpan, catch, export_changed, instance_bits, is_catching,
    note_http_layer, record_error_as, set_up, setting_ignored, start_at, two_layers,
    unmatched_hosts,
};
pub use origin::{SpanOrigin, captured_links, link};
pub use recording::*;
pub use returned::Returned;
pub use site_of_span::{PlainSpan, PlainTags, SiteOfSpan, plain, site_of};
pub use value_call::ValueCall;

use std::fmt::{Debug, Display};

use crate::record::{self, PANICKED, write};
use crate::value::{TagInput, TagSource, TagValue, debug, display};

/// The text that is recorded for `secret(x)`.
pub const REDACTED: &str = "[redacted]";

/// Calls a body once.
///
/// The bound makes the closure an `FnOnce`, so that it can move captured values, as the body
/// of a function can.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn call<R>(body: impl FnOnce() -> R) -> R {
    body()
}

/// Records the `Display` text of a value.
#[inline]
pub fn tag_display<T: Display + ?Sized>(site: &'static Site, key: usize, value: &T) {
    tag(site, key, &display(value));
}

/// Records the `Debug` text of a value.
#[inline]
pub fn tag_debug<T: Debug + ?Sized>(site: &'static Site, key: usize, value: &T) {
    tag(site, key, &debug(value));
}

/// Copies the `Display` text of a value for a future that starts later.
pub fn captured_display<T: Display + ?Sized>(value: &T) -> Option<TagValue> {
    captured(&display(value))
}

/// Copies the `Debug` text of a value for a future that starts later.
pub fn captured_debug<T: Debug + ?Sized>(value: &T) -> Option<TagValue> {
    captured(&debug(value))
}

/// Copies the value of a tag for a future that starts later.
pub fn captured<T: TagSource + ?Sized>(value: &T) -> Option<TagValue> {
    write::copy(&record::tag_input(value))
}

/// Calls a function with a reference to the returned value.
#[inline]
pub fn returned<'a, T: ?Sized, R>(value: &'a T, function: impl FnOnce(&'a T) -> R) -> R {
    function(value)
}

/// Calls `evaluate`, which evaluates an expression and records it as a tag.
///
/// The expression runs only because a span is recorded. So code that it calls is not recorded.
/// If it panics, the tag says so, and the function continues.
#[inline]
pub fn evaluate_tag(site: &'static Site, key: usize, evaluate: impl FnOnce(&Paused)) {
    if record::quietly(evaluate).is_none() {
        write::site_tag(site, key, TagInput::Str(PANICKED));
    }
}

/// Like [`evaluate_tag`], for an expression of another argument. A panic is ignored.
#[inline]
pub fn evaluate(evaluate: impl FnOnce(&Paused)) {
    let _panicked = record::quietly(evaluate);
}

/// Evaluates the value of a tag and copies it for a future that starts later. If it panics, the
/// value says so.
pub fn evaluated_tag(evaluate: impl FnOnce() -> Option<TagValue>) -> Option<TagValue> {
    record::quietly(|_| evaluate()).unwrap_or_else(|| Some(PANICKED.into()))
}

/// Evaluates an expression for a future that starts later; `None` if it panics.
pub fn evaluated<R>(evaluate: impl FnOnce() -> R) -> Option<R> {
    record::quietly(|_| evaluate())
}

/// Resumes recording, so that the value of an expression can be recorded.
#[inline]
pub fn resume(paused: &Paused) {
    paused.resume();
}

/// Pauses recording until the temporaries of the expression are dropped.
#[inline]
pub fn pause_again(paused: &Paused) {
    paused.pause_again();
}

/// Stands for a value in code that the compiler checks but that never runs.
pub fn never_called<T>() -> T {
    #[expect(clippy::empty_loop, reason = "the loop is never reached")]
    loop {}
}

/// A type whose values can be the name of a service: any `AsRef<str>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the name of a service",
    label = "expected a text",
    note = "anything `AsRef<str>` is one, such as `&str` or `String`"
)]
pub trait ServiceName {
    /// Returns the name.
    fn text(&self) -> &str;
}

#[diagnostic::do_not_recommend]
impl<T: AsRef<str> + ?Sized> ServiceName for T {
    fn text(&self) -> &str {
        self.as_ref()
    }
}

/// Copies the name of a service for a future that starts later.
pub fn owned<T: ServiceName + ?Sized>(name: &T) -> String {
    name.text().to_owned()
}
