//! Calls of the application's code that must not unwind into what called it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs code of the application; `None` if it panicked.
///
/// The one place that catches panics: what was thrown is the application's as well, and its
/// destructor may panic, or do anything else.
#[inline]
pub(crate) fn catch<R>(run: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(value) => Some(value),
        Err(payload) => {
            dispose(payload);
            None
        }
    }
}

/// Drops a value of the application; returns whether that went well.
pub(crate) fn drop_quietly<T>(value: T) -> bool {
    catch(|| drop(value)).is_some()
}

/// Drops what `panic!` throws, and leaks anything else: a destructor that panics while
/// another one unwinds ends the process, whoever would catch it.
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

    /// Panics when dropped, and so does what is in it: dropping it cannot be caught.
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
}
