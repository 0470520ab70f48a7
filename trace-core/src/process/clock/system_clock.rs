//! How the system clock follows the wall clock: when that is set, when the machine sleeps,
//! and when the counter's rate was measured wrong.

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
    /// The reading at which the rate was last measured anew.
    refined: AtomicU64,
    /// The process in which it was made.
    generation: Generation,
}

/// Time after which the rate is measured anew, and small differences from the wall clock
/// count.
///
/// Calibrating the counter leaves an error of some millionths, which adds up to
/// about a second a day.
const REFINE: Duration = Duration::from_secs(30);

/// Largest difference between the wall clock and what it should show, when the rate is
/// measured anew.
const MAX_DRIFT: Duration = Duration::from_micros(100);

/// The same at any time. More, and it was set, or the machine slept.
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
            // In the child of a `fork` the lock may be held for ever.
            return Converter::from_anchor(now);
        }
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
                Rate::refine();
            }
            is_right
        };
        self.anchors.look(now, is_right, delivered)
    }
}

/// Returns the wall clock's nanoseconds and a raw reading, to tell processes apart.
pub(crate) fn moment() -> [u64; 2] {
    let (raw, unix_nanos) = wall_clock();
    [unix_nanos, raw]
}

/// A raw reading, and the nanoseconds of the wall clock at the same time.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the wall clock"
)]
fn wall_clock() -> (u64, u64) {
    // The reading is taken on both sides of the wall clock's, so that being
    // interrupted in between shifts the anchor by half of it at most.
    let before = raw_counter();
    let unix_nanos = Timestamp::from(SystemTime::now()).as_unix_nanos();
    let after = raw_counter();
    (before + (after.saturating_sub(before)) / 2, unix_nanos)
}
