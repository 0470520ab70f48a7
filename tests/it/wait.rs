//! Lets tests wait for conditions, and measures times.

use std::time::{Duration, Instant};

/// How often [`until`] checks, once per millisecond.
const LOOKS: u32 = 60_000;

/// Waits until `holds` returns true; fails after a minute.
#[track_caller]
pub(crate) fn until(mut holds: impl FnMut() -> bool) {
    for _ in 0..LOOKS {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("it did not happen within a minute");
}

#[expect(clippy::disallowed_methods, reason = "waits are what is tested")]
pub(crate) fn timed<R>(body: impl FnOnce() -> R) -> (R, Duration) {
    let start = Instant::now();
    let result = body();
    (result, start.elapsed())
}
