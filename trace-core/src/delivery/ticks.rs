//! Tells scopes that it is time to look at the clock, so that they need not at each poll.

use std::sync::atomic::{AtomicU32, Ordering};

/// Moves on while somebody has asked for it: once in the scheduled delay, by the worker.
#[derive(Debug)]
pub(crate) struct Ticks(AtomicU32);

/// A moment between two ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tick(u32);

/// Set while somebody waits for the next tick; the bits above count the ticks.
const WANTED: u32 = 1;

impl Tick {
    /// No moment at all: who looked last at this one has to look now.
    pub(crate) const NONE: Self = Self(u32::MAX);
}

impl Ticks {
    /// The word of ticks that nobody moves on: whoever asks has to look at the clock.
    const STOPPED: u32 = u32::MAX;

    pub(super) fn stopped() -> Self {
        Self(AtomicU32::new(Self::STOPPED))
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
            // Begins anew before the word of stopped ticks, which nobody notices who has looked
            // in the last two billion ticks.
            let next = if word + 1 == Self::STOPPED - 1 {
                0
            } else {
                word + 1
            };
            self.0.store(next, Ordering::Relaxed);
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
