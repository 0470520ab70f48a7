//! Tells scopes that it is time to look at the clock, so that they need not at each poll.

use std::sync::atomic::Ordering;

use crate::sync::AtomicU64;

/// Moves on while somebody has asked for it: once in the scheduled delay, by the worker.
#[derive(Debug)]
pub(crate) struct Ticks(AtomicU64);

/// A moment between two ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tick(u64);

/// Set while somebody waits for the next tick; the bits above count the ticks.
const WANTED: u64 = 1;

impl Tick {
    /// No moment at all: who looked last at this one has to look now.
    pub(crate) const NONE: Self = Self(u64::MAX);
}

impl Ticks {
    /// The word of ticks that nobody moves on: whoever asks has to look at the clock.
    const STOPPED: u64 = u64::MAX;

    pub(super) fn stopped() -> Self {
        Self(AtomicU64::new(Self::STOPPED))
    }

    // Relaxed, here and below: a tick says nothing but that time has passed.
    #[inline]
    pub(crate) fn now(&self) -> Tick {
        Tick(self.0.load(Ordering::Relaxed) / 2)
    }

    /// Asks for the next tick; returns whether nobody else has, and the ticks go on.
    pub(super) fn ask(&self) -> bool {
        let is_wanted = self.0.load(Ordering::Relaxed) & WANTED != 0;
        !is_wanted && self.0.fetch_or(WANTED, Ordering::Relaxed) & WANTED == 0
    }

    /// Moves on, if somebody has asked for it. To be called by one thread.
    pub(super) fn tick(&self) {
        let word = self.0.load(Ordering::Relaxed);
        if word & WANTED != 0 && word != Self::STOPPED {
            self.0.store(word + 1, Ordering::Relaxed);
        }
    }

    pub(super) fn start(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    pub(super) fn stop(&self) {
        self.0.store(Self::STOPPED, Ordering::Relaxed);
    }

    pub(super) fn are_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed) == Self::STOPPED
    }
}
