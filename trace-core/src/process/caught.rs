//! Calls application code and catches its panics.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// Whether [`catch`] runs code on this thread.
    static IS_CATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Returns whether a panic of the code that runs here would be caught by this crate. A panic
/// hook asks this, because such a panic does not concern the code around.
pub(crate) fn is_catching() -> bool {
    IS_CATCHING.get()
}

/// Runs application code; returns `None` if it panicked.
///
/// Every `catch_unwind` of the crate is here, because the caught payload is dangerous too. It
/// is a value of the application, and its destructor may panic or do anything else.
#[inline]
pub(crate) fn catch<R>(run: impl FnOnce() -> R) -> Option<R> {
    let outer = IS_CATCHING.replace(true);
    let caught = catch_unwind(AssertUnwindSafe(run));
    IS_CATCHING.set(outer);
    match caught {
        Ok(value) => Some(value),
        Err(payload) => {
            dispose(payload);
            None
        }
    }
}

/// Drops a value of the application; returns `false` if its destructor panicked.
pub(crate) fn drop_quietly<T>(value: T) -> bool {
    catch(|| drop(value)).is_some()
}

/// Drops a payload that is a text, as from `panic!`, and leaks any other payload.
///
/// The destructor of another payload may panic while it is already unwinding. This ends the
/// process, even inside `catch_unwind`.
#[cold]
#[inline(never)]
fn dispose(payload: Box<dyn Any + Send>) {
    if !payload.is::<&'static str>() && !payload.is::<String>() {
        std::mem::forget(payload);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::resume_unwind;

    use super::*;

    /// Panics when it is dropped, and so does its content. The second panic ends the process.
    struct Bomb(#[expect(dead_code, reason = "held for its destructor")] Option<Box<Bomb>>);

    impl Drop for Bomb {
        fn drop(&mut self) {
            resume_unwind(Box::new("dropped"));
        }
    }

    #[test]
    fn what_was_thrown_may_panic_when_dropped() {
        let bomb = || Box::new(Bomb(Some(Box::new(Bomb(None)))));
        assert_eq!(catch(|| resume_unwind(bomb())), None::<()>);
        assert_eq!(catch(|| resume_unwind(Box::new(String::new()))), None::<()>);
        assert_eq!(catch(|| 1), Some(1));
        assert!(!drop_quietly(Bomb(None)));
        assert!(drop_quietly(1));
    }

    #[test]
    fn a_panic_hook_may_ask_whether_it_is_caught() {
        let within = catch(|| {
            assert_eq!(catch(|| resume_unwind(Box::new(""))), None::<()>);
            is_catching()
        });
        assert_eq!(within, Some(true));
        assert!(!is_catching());
    }
}
