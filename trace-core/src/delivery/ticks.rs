//! Tells scopes that it is time to look at the clock, so that they need not at each poll.

use std::sync::atomic::{AtomicU32, Ordering};

/// Moves on while somebody has asked for it: once in the scheduled delay, by the worker, as
/// long as that waits. While it does not, whoever asks has to look at the clock: a collector
/// may block.
#[derive(Debug)]
pub(crate) struct Ticks {
    /// The present one, or [`STOPPED`](Self::STOPPED).
    word: AtomicU32,
    /// The last one before they were stopped. Only the worker looks at it.
    last: AtomicU32,
}

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
        Self {
            word: AtomicU32::new(Self::STOPPED),
            last: AtomicU32::new(0),
        }
    }

    // Relaxed, here and below: a tick says nothing but that time has passed.
    #[inline]
    pub(crate) fn now(&self) -> Tick {
        Tick(self.word.load(Ordering::Relaxed) / 2)
    }

    /// Asks for the next tick; returns whether nobody else has, and the ticks go on.
    pub(super) fn ask(&self) -> bool {
        let is_wanted = self.word.load(Ordering::Relaxed) & WANTED != 0;
        !is_wanted && self.word.fetch_or(WANTED, Ordering::Relaxed) & WANTED == 0
    }

    /// Moves on, if somebody has asked for it. By the worker, as the two below.
    pub(super) fn tick(&self) {
        let word = self.word.load(Ordering::Relaxed);
        if word & WANTED != 0 && word != Self::STOPPED {
            self.go_to(word + 1);
        }
    }

    /// Goes on after a stop, with a moment that nobody has seen.
    pub(super) fn go_on(&self) {
        self.go_to((self.last.load(Ordering::Relaxed) | WANTED) + 1);
    }

    fn go_to(&self, word: u32) {
        // Begins anew before the word of stopped ticks, which nobody notices who has looked
        // in the last two billion ticks.
        let word = if word >= Self::STOPPED - 1 { 0 } else { word };
        self.word.store(word, Ordering::Relaxed);
    }

    pub(super) fn stop(&self) {
        let word = self.word.swap(Self::STOPPED, Ordering::Relaxed);
        if word != Self::STOPPED {
            self.last.store(word, Ordering::Relaxed);
        }
    }

    pub(super) fn are_stopped(&self) -> bool {
        self.word.load(Ordering::Relaxed) == Self::STOPPED
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_tick_comes_once_for_all_who_have_asked() {
        let ticks = Ticks::stopped();
        ticks.go_on();
        let first = ticks.now();
        ticks.tick();
        assert_eq!(ticks.now(), first, "nobody has asked");
        assert!(ticks.ask());
        assert!(!ticks.ask(), "somebody has");
        assert_eq!(ticks.now(), first);
        ticks.tick();
        let second = ticks.now();
        assert_ne!(second, first);
        ticks.tick();
        assert_eq!(ticks.now(), second);
        assert!(ticks.ask());
    }

    #[test]
    fn while_ticks_are_stopped_nobody_waits_for_one() {
        let ticks = Ticks::stopped();
        assert!(ticks.are_stopped());
        assert!(!ticks.ask(), "who asks looks at the clock");
        let stopped = ticks.now();
        ticks.tick();
        assert_eq!(ticks.now(), stopped);
        ticks.go_on();
        assert!(!ticks.are_stopped());
        assert_ne!(ticks.now(), stopped);
    }

    #[test]
    fn after_a_stop_the_moment_is_one_that_nobody_has_seen() {
        let ticks = Ticks::stopped();
        let mut seen = vec![ticks.now(), Tick::NONE];
        for asks in [true, false, true, true, false] {
            ticks.go_on();
            assert!(!seen.contains(&ticks.now()));
            seen.push(ticks.now());
            if asks {
                ticks.ask();
                ticks.tick();
                assert!(!seen.contains(&ticks.now()));
                seen.push(ticks.now());
            }
            ticks.stop();
            assert!(ticks.are_stopped());
        }
    }

    #[test]
    fn ticks_begin_anew_before_the_word_of_stopped_ones() {
        let ticks = Ticks::stopped();
        ticks.last.store(Ticks::STOPPED - 5, Ordering::Relaxed);
        for _ in 0..8 {
            ticks.go_on();
            assert!(!ticks.are_stopped());
            ticks.ask();
            ticks.tick();
            assert!(!ticks.are_stopped());
            ticks.stop();
        }
    }
}
