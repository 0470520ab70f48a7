//! Makes the system clock follow the wall clock: after the wall clock was set, after the
//! machine slept (suspend), and if the measured rate of the counter is inexact.
//!
//! Decides when a new anchor is needed and when to measure the rate again. `anchors.rs`
//! decides which traces use an anchor; `rate.rs` measures the rate.

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
    /// The raw reading at which the rate was last measured.
    refined: AtomicU64,
    /// The process that made the clock.
    generation: Generation,
}

/// Time between two measurements of the rate. Each measurement also checks the clock against
/// the wall clock, with the stricter limit [`MAX_DRIFT`].
///
/// The relative error of the first measurement is a few millionths, or up to about a second a
/// day.
const REFINE: Duration = Duration::from_secs(30);

/// Largest accepted difference between the wall clock and the time computed from the last
/// anchor, right after the rate was measured again.
const MAX_DRIFT: Duration = Duration::from_micros(100);

/// Largest accepted difference at any other time. A larger difference means that the wall
/// clock was set or that the machine slept.
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
            // In the child of a `fork`, the lock may be held by a thread that exists only in
            // the parent.
            return Converter::from_anchor(now);
        }
        // Relaxed, here and in the store: the number guards no other memory. If two threads
        // race, they measure the rate twice, one after the other.
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
                // The counter may have stopped while the machine slept.
                Rate::refine();
            }
            is_right
        };
        self.anchors.look(now, is_right, delivered)
    }
}

/// Returns the wall clock's nanoseconds and a raw reading. These bits differ between
/// processes.
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
    // Reads the counter before and after the wall clock and uses the middle. So an interrupt
    // in between shifts the anchor by at most half the length of the interrupt.
    let before = raw_counter();
    let unix_nanos = Timestamp::from(SystemTime::now()).as_unix_nanos();
    let after = raw_counter();
    (before + (after.saturating_sub(before)) / 2, unix_nanos)
}
