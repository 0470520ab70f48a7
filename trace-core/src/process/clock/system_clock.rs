//! The system clock follows the wall clock: after it was set, after the machine slept
//! (suspend), and when the measured rate of the counter is off.
//!
//! Owns when a new anchor is needed and when the rate is measured again. Which traces use an
//! anchor is in `anchors.rs`; the measurement is in `rate.rs`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use super::anchors::{Anchor, Anchors, Converter};
use super::rate::{Rate, raw_counter};
use crate::process::fork::Generation;
use crate::value::Timestamp;

/// See [`Clock::system`](super::Clock::system).
#[derive(Debug)]
pub(super) struct SystemClock {
    anchors: Anchors,
    /// The raw reading at which the rate was last measured again.
    refined: AtomicU64,
    /// The process that made the clock.
    generation: Generation,
}

/// Time between two measurements of the rate. Each of them also compares the clock with the
/// wall clock by the stricter [`MAX_DRIFT`].
///
/// The first measurement leaves an error of some millionths, about a second in a day.
const REFINE: Duration = Duration::from_secs(30);

/// Largest accepted difference between the wall clock and the time computed from the last
/// anchor, when the rate has just been measured again.
const MAX_DRIFT: Duration = Duration::from_micros(100);

/// Largest accepted difference at any other time. A larger one means that the wall clock was
/// set, or that the machine slept.
const MAX_JUMP: Duration = Duration::from_secs(1);

impl SystemClock {
    pub(super) fn new() -> Self {
        Rate::begin();
        Self {
            anchors: Anchors::default(),
            refined: AtomicU64::new(raw_counter()),
            generation: Generation::current(),
        }
    }

    #[inline]
    pub(super) fn looks(&self) -> u32 {
        self.anchors.looks()
    }

    pub(super) fn look(&self, delivered: bool) -> Converter {
        let (raw, unix_nanos) = wall_clock();
        let now = Anchor {
            raw,
            unix_nanos,
            rate: Rate::get(),
        };
        if !self.generation.is_current() {
            // In the child of a `fork`, a thread that does not exist may hold the lock.
            return Converter::from_anchor(now);
        }
        // Relaxed, here and in the store: two threads that race only measure the rate twice,
        // one after the other. It says nothing about other memory.
        let refined = self.refined.load(Ordering::Relaxed);
        let age = now.rate.nanos(raw.saturating_sub(refined));
        let is_due = Duration::from_nanos(age) > REFINE;
        if is_due {
            self.refined.store(raw, Ordering::Relaxed);
            Rate::refine();
        }
        let max = if is_due { MAX_DRIFT } else { MAX_JUMP };
        let is_right = |last: &Anchor| {
            let is_right = last.drift(&now).is_some_and(|drift| drift <= max);
            if !is_right && !is_due {
                // The counter may have stood still while the machine slept.
                Rate::refine();
            }
            is_right
        };
        self.anchors.look(now, is_right, delivered)
    }
}

/// Returns the wall clock's nanoseconds and a raw reading: bits that differ between processes.
pub(crate) fn moment() -> [u64; 2] {
    let (raw, unix_nanos) = wall_clock();
    [unix_nanos, raw]
}

/// Returns a raw reading, and the wall clock's nanoseconds at the same moment.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the wall clock"
)]
fn wall_clock() -> (u64, u64) {
    // The counter is read before and after the wall clock, and the middle is taken. So an
    // interrupt in between shifts the anchor by at most half of its length.
    let before = raw_counter();
    let unix_nanos = Timestamp::from(SystemTime::now()).as_unix_nanos();
    let after = raw_counter();
    (before + (after.saturating_sub(before)) / 2, unix_nanos)
}
