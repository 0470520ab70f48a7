//! Tells scopes that it is time to look at the clock, so that they need not at each poll.

use std::sync::atomic::{AtomicU32, Ordering};

/// A counter that the worker moves on once in the scheduled delay, while it waits, if a scope
/// has asked for it. While the worker does not wait, scopes look at the clock themselves, as
/// a collector may block it.
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

    // Relaxed, here and below: a tick only says that time has passed, and publishes no other
    // memory. So no load or store here has a partner to synchronize with.
    #[inline]
    pub(crate) fn now(&self) -> Tick {
        Tick(self.word.load(Ordering::Relaxed) / 2)
    }

    /// Asks for the next tick; returns whether this is the first request for it.
    pub(super) fn ask(&self) -> bool {
        let is_wanted = self.word.load(Ordering::Relaxed) & WANTED != 0;
        !is_wanted && self.word.fetch_or(WANTED, Ordering::Relaxed) & WANTED == 0
    }

    /// Moves on, if a scope has asked for it. Only the worker calls this, `go_on` and `stop`.
    pub(super) fn tick(&self) {
        let word = self.word.load(Ordering::Relaxed);
        if word & WANTED != 0 && word != Self::STOPPED {
            self.go_to(word + 1);
        }
    }

    /// Goes on after a stop, with a tick that no scope has seen.
    pub(super) fn go_on(&self) {
        self.go_to((self.last.load(Ordering::Relaxed) | WANTED) + 1);
    }

    fn go_to(&self, word: u32) {
        // Wraps before `STOPPED`. Only a scope that has not looked for two billion ticks could
        // mistake a tick for an old one.
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
