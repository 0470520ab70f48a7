//! What the generated code of the attributes calls, and crates that go with this one; not
//! for people.
//!
//! Nothing in here is stable: `trace-core` pins the `trace-macros` that it goes
//! with.

mod boxes;
mod calling;
mod future;
mod layers;
mod origin;
pub mod outcome;
mod polling;
mod recording;
mod returned;
mod value_call;

pub use crate::value::SpanKind;
pub use boxes::{FutureCall, StreamCall};
pub use calling::{Calling, calling};
pub use future::{First, ItemOf, OutputOf, Prologue, ReturnOf, boxed, first, unpinned};
pub use layers::{record_error_as, root_at, start_at, two_layers};
pub use origin::{Origin, captured_links, link};
pub use recording::*;
pub use returned::Returned;
pub use value_call::ValueCall;

use std::fmt::{Debug, Display};

use crate::record::{self, PANICKED, write};
use crate::value::{TagInput, TagSource, TagValue, debug, display};

/// Text recorded for `secret(x)`.
pub const REDACTED: &str = "[redacted]";

/// Calls a body once.
///
/// The bound makes the closure a `FnOnce`, so that it may give away what it
/// captured, as the body of a function may.
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

/// Asks a function about a returned value.
#[inline]
pub fn returned<'a, T: ?Sized, R>(value: &'a T, function: impl FnOnce(&'a T) -> R) -> R {
    function(value)
}

/// Evaluates an expression for a tag, which `evaluate` writes. It is evaluated only because
/// something is recorded: nothing that it calls is, and if it panics, the tag says so.
#[inline]
pub fn evaluate_tag(site: &'static Site, key: usize, evaluate: impl FnOnce(&Paused)) {
    if record::quietly(evaluate).is_none() {
        write::site_tag(site, key, TagInput::Str(PANICKED));
    }
}

/// Like [`evaluate_tag`], for an expression that is not a tag's.
#[inline]
pub fn evaluate(evaluate: impl FnOnce(&Paused)) {
    let _panicked = record::quietly(evaluate);
}

/// Evaluates and copies the value of a tag for a future that starts later.
pub fn evaluated_tag(evaluate: impl FnOnce() -> Option<TagValue>) -> Option<TagValue> {
    record::quietly(|_| evaluate()).unwrap_or_else(|| Some(PANICKED.into()))
}

/// Evaluates an expression for a future that starts later; `None` if it panics.
pub fn evaluated<R>(evaluate: impl FnOnce() -> R) -> Option<R> {
    record::quietly(|_| evaluate())
}

/// Resumes recording, to write the value of an expression.
#[inline]
pub fn resume(paused: &Paused) {
    paused.resume();
}

/// Pauses recording until the temporaries of the expression are dropped.
#[inline]
pub fn pause_again(paused: &Paused) {
    paused.pause_again();
}

/// Stands for a value in code that the compiler looks at and never runs.
pub fn never_called<T>() -> T {
    #[expect(clippy::empty_loop, reason = "the loop is never reached")]
    loop {}
}

/// What may be the name of a service: each `AsRef<str>`.
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
