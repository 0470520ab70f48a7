//! Detects panics that were caught inside the layer, and finds the texts of all panics.
//!
//! A panic of a handler usually unwinds through the layer, which detects it. But an inner
//! service may catch the panic and make a response from it, as tower-http's `CatchPanic` does.
//! Then only the panic hook sees the panic. The hook is also the only place that knows the
//! text. Panics that `trace-core` catches, such as those of a sampler or of a tag, are not the
//! handler's, and are ignored.

use std::cell::Cell;
use std::panic;
use std::sync::Once;

use trace_core::__private::{is_catching, record_error_as};
use trace_core::conventions::PANIC;
use trace_core::span;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
    /// The text of the last panic, if it has one.
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

/// Records the last panic of this thread as an error of the current span.
pub(crate) fn write() {
    if let Ok(Some(text)) = TEXT.try_with(Cell::take)
        && span::is_recording()
    {
        record_error_as(PANIC, &text);
    }
}

/// Runs code within the current span. If it panics, the span gets the text.
pub(crate) fn write_unwinding<R>(run: impl FnOnce() -> R) -> R {
    struct Unwinding(u64);

    impl Drop for Unwinding {
        fn drop(&mut self) {
            // A resumed panic, such as that of another thread, does not call the hook.
            if std::thread::panicking() && count() != self.0 {
                write();
            }
        }
    }
    let _unwinding = Unwinding(count());
    run()
}
