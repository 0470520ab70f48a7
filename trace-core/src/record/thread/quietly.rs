//! Runs code of the application that runs only because something is recorded.
//!
//! This code is not recorded, and its panics are caught. So a function behaves the same
//! whether it is recorded or not. The payload of a panic is leaked unless it is a text,
//! because dropping it would run the application's code again.

use std::borrow::Cow;

use super::paused::{Paused, pause_recording};
use crate::process::caught::catch;
use crate::value::{TagInput, TagSource, TagValue};

/// Recorded in place of the value of a tag, if evaluating it panicked.
pub(crate) const PANICKED: &str = "(evaluating this tag panicked)";

/// Runs code of the application without recording it. Returns `None` if it panicked. The code
/// gets the pause, with which it can resume recording to write a result.
#[inline]
pub(crate) fn quietly<R>(run: impl FnOnce(&Paused) -> R) -> Option<R> {
    let paused = pause_recording();
    catch(|| run(&paused))
}

/// Returns the value of a tag, or [`PANICKED`].
///
/// Inlined, so that nothing is called for a value whose type is known.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn tag_input<T: TagSource + ?Sized>(source: &T) -> TagInput<'_> {
    // This is an impl of this crate that only returns the value. It cannot panic or record.
    if source.__traced_is_plain() {
        source.tag_input()
    } else {
        quietly(|_| source.tag_input()).unwrap_or(TagInput::Str(PANICKED))
    }
}

/// Copies the value of a tag that is recorded later. Returns `None` if it has no value.
/// Formats the value now, because its source may change.
pub(crate) fn kept_tag<T: TagSource + ?Sized>(
    key: Cow<'static, str>,
    source: &T,
) -> Option<(Cow<'static, str>, TagValue)> {
    let value = match tag_input(source) {
        // Formatting is the application's code.
        input @ (TagInput::Display(_) | TagInput::Debug(_)) => {
            quietly(|_| input.to_value()).unwrap_or_else(|| Some(PANICKED.into()))
        }
        input => input.to_value(),
    };
    value.map(|value| (key, value))
}
