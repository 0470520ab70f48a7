//! Panics that were caught before a layer could see them.
//!
//! A handler that panics unwinds through the layer, which sees that. If something inside
//! catches the panic and makes a response of it, as tower-http's `CatchPanic` does, nobody
//! else is told: only the hook of panics is.

use std::cell::Cell;
use std::panic;
use std::sync::Once;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// Has the panics of each thread counted from now on. The hook that was there is called as
/// before.
pub(crate) fn watch() {
    static HOOK: Once = Once::new();
    // A thread that panics may not change the hook; another layer will.
    if std::thread::panicking() {
        return;
    }
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let _at_end_of_thread = COUNT.try_with(|count| count.set(count.get() + 1));
            before(info);
        }));
    });
}

/// Sets how often this thread has panicked, after code whose panics are nobody's concern.
pub(crate) fn set_count(panics: u64) {
    let _at_end_of_thread = COUNT.try_with(|count| count.set(panics));
}

/// Returns how often this thread has panicked.
pub(crate) fn count() -> u64 {
    COUNT.try_with(Cell::get).unwrap_or_default()
}
