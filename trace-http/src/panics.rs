//! Detects panics that were caught inside the layer.
//!
//! If a handler panics, it usually unwinds through the layer, which detects that. But an inner
//! service may catch the panic and make a response from it, as tower-http's `CatchPanic` does.
//! Then only the panic hook is called. Panics that `trace-core` catches, such as those of a sampler
//! or of a tag, are not the handler's, and are not counted.

use std::cell::Cell;
use std::panic;
use std::sync::Once;

use trace_core::__private::is_catching;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// Starts counting the panics of each thread. The previous panic hook is still called.
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
