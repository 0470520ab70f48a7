//! Detects panics that were caught inside the layer, and records the texts of all panics.
//!
//! A panic of a handler usually unwinds through the layer, which sees its text. But an inner
//! service may catch the panic and make a response from it, as tower-http's `CatchPanic` does.
//! Then only the panic hook sees the panic and its text. Panics that `trace-core` catches, such as those of a sampler or of a tag, are not the
//! handler's, and are ignored.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Once;

use trace_core::__private::{is_catching, record_error_as};
use trace_core::conventions::PANIC;
use trace_core::span;

use crate::redact;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
    /// The text of the last panic, if it has one. A panic that is resumed is not noticed here.
    static TEXT: Cell<Option<String>> = const { Cell::new(None) };
}

/// Starts watching the panics of each thread. The previous panic hook is still called.
pub(crate) fn watch() {
    static HOOK: Once = Once::new();
    // A panicking thread must not change the hook. The next layer will do it.
    if std::thread::panicking() {
        return;
    }
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !is_catching() {
                let payload = info.payload();
                let text = payload.downcast_ref::<&str>().map(ToString::to_string);
                let text = text.or_else(|| payload.downcast_ref().cloned());
                let _at_end_of_thread = TEXT.try_with(|place| place.set(text));
                let _at_end_of_thread = COUNT.try_with(|count| count.set(count.get() + 1));
            }
            before(info);
        }));
    });
}

/// Returns how often this thread has panicked.
pub(crate) fn count() -> u64 {
    COUNT.try_with(Cell::get).unwrap_or_default()
}

/// Records the last panic of this thread, which was caught, as an error of the current span,
/// without the secrets in its text.
pub(crate) fn write_caught() {
    if let Ok(Some(text)) = TEXT.try_with(Cell::take) {
        write_text(&text);
    }
}

/// Runs code within the current span. If it panics, calls `panicked` within the span, which then
/// gets the text, and lets the panic go on.
///
/// The text is that of the panic itself, which may have begun elsewhere: on another thread, or
/// before one that was caught.
pub(crate) fn write_passing<R>(run: impl FnOnce() -> R, panicked: impl FnOnce()) -> R {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(value) => value,
        Err(payload) => {
            panicked();
            if let Some(text) = text(&*payload) {
                write_text(text);
            }
            resume_unwind(payload)
        }
    }
}

fn text(payload: &(dyn Any + Send)) -> Option<&str> {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

fn write_text(text: &str) {
    if span::is_recording() {
        record_error_as(PANIC, &redact::in_text(text));
    }
}
