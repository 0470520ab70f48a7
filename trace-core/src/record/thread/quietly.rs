//! Code of the application that runs only because something is recorded.
//!
//! What it calls is not recorded, and if it panics, that goes no further: a function does
//! the same whether it is recorded or not.

use std::borrow::Cow;

use super::paused::{Paused, pause_recording};
use crate::process::caught::catch;
use crate::value::{TagInput, TagSource, TagValue};

/// Recorded in place of a tag whose value could not be had.
pub(crate) const PANICKED: &str = "(evaluating this tag panicked)";

/// Runs code of the application of which nothing is recorded, and which may panic: it would
/// not have been called if nothing was. `None` if it did.
#[inline]
pub(crate) fn quietly<R>(run: impl FnOnce(&Paused) -> R) -> Option<R> {
    let paused = pause_recording();
    catch(|| run(&paused))
}

/// Asks for the value of a tag.
///
/// Inlined, so that a value whose type is known is not asked.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn tag_input<T: TagSource + ?Sized>(source: &T) -> TagInput<'_> {
    if source.__traced_is_plain() {
        source.tag_input()
    } else {
        quietly(|_| source.tag_input()).unwrap_or(TagInput::Str(PANICKED))
    }
}

/// Copies the value of a tag that is to be recorded later; `None` where there is none.
pub(crate) fn kept_tag<T: TagSource + ?Sized>(
    key: Cow<'static, str>,
    source: &T,
) -> Option<(Cow<'static, str>, TagValue)> {
    let value = match tag_input(source) {
        // Formats itself.
        input @ (TagInput::Display(_) | TagInput::Debug(_)) => {
            quietly(|_| input.to_value()).unwrap_or_else(|| Some(PANICKED.into()))
        }
        input => input.to_value(),
    };
    value.map(|value| (key, value))
}
