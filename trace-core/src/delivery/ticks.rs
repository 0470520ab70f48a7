//! Tells scopes when to read the clock, so that they do not read it at each poll.
//!
//! A scope must hand over kept entries within about two scheduled delays. To check whether
//! this time may have passed, it compares one number, the *tick*. This file owns that number.
//! It reads no clock; the worker decides when to advance the tick (`queue/work.rs`).

use std::sync::atomic::{AtomicU32, Ordering};

/// A counter that the worker increases once per scheduled delay while it waits, if a scope has
/// requested it. While the worker does not wait, the ticks are stopped, because a collector
/// may block it for any time. Scopes then read the clock themselves.
#[derive(Debug)]
pub(crate) struct Ticks {
    /// The present tick times two plus [`WANTED`], or [`STOPPED`](Self::STOPPED). Scopes only
    /// set `WANTED`. The worker makes all other changes.
    word: AtomicU32,
    /// The value of `word` before the ticks were stopped. Only the worker uses it.
    last: AtomicU32,
}

/// A moment between two ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tick(u32);

/// Set while a scope waits for the next tick. The upper bits count the ticks, so adding one to
/// a word with this bit advances to the next tick and clears the bit.
const WANTED: u32 = 1;

impl Tick {
    /// A tick that never comes, because ticks have 31 bits. A scope with this tick reads the
    /// clock at its next poll.
    pub(crate) const NONE: Self = Self(u32::MAX);
}

impl Ticks {
    /// The word while the ticks are stopped. It has [`WANTED`] set, so a request changes
    /// nothing.
    const STOPPED: u32 = u32::MAX;

    pub(super) fn new() -> Self {
        Self {
            word: AtomicU32::new(Self::STOPPED),
            last: AtomicU32::new(0),
        }
    }

    /// Returns the present tick.
    #[inline]
    pub(crate) fn now(&self) -> Tick {
        // Relaxed. The partners are the stores in `set_word` and `stop`. A tick only signals
        // that time has passed, and publishes no memory. A scope that sees it late reads the
        // clock one poll later.
        Tick(self.word.load(Ordering::Relaxed) / 2)
    }

    /// Requests the next tick. Returns whether this is the first request for it. If so, the
    /// caller may have to wake the worker.
    pub(super) fn request_next(&self) -> bool {
        // Relaxed, both. The partner is the load in `advance_if_requested`, under the queue's
        // lock. `Queue::ask_tick` takes that lock after a first request, so the worker either
        // sees the bit or is found asleep. The load comes first, so that threads do not
        // contend for the cache line without need.
        let is_wanted = self.word.load(Ordering::Relaxed) & WANTED != 0;
        !is_wanted && self.word.fetch_or(WANTED, Ordering::Relaxed) & WANTED == 0
    }

    /// Advances to the next tick, if a scope has requested it. Only the worker calls this,
    /// `restart` and `stop`.
    pub(super) fn advance_if_requested(&self) {
        // Relaxed: see `request_next`, its partner. A request between this load and the store
        // in `set_word` finds the bit already set.
        let word = self.word.load(Ordering::Relaxed);
        if word & WANTED != 0 && word != Self::STOPPED {
            self.set_word(word + 1);
        }
    }

    /// Starts the ticks again after a stop, with a tick that no scope has seen.
    pub(super) fn restart(&self) {
        // Relaxed: `last` has no partner, because only the worker reads and writes it.
        self.set_word((self.last.load(Ordering::Relaxed) | WANTED) + 1);
    }

    /// Sets a tick that no scope has requested yet.
    fn set_word(&self, word: u32) {
        // Wraps before `STOPPED`. Only a scope that has not checked for two billion ticks
        // could mistake a tick for an earlier one.
        let word = if word >= Self::STOPPED - 1 { 0 } else { word };
        // Relaxed: the partners are the loads in `now` and `request_next`, which explain it. A
        // plain store loses no request. The bit is already set when this overwrites it, and
        // the scope that set it reads the clock when the tick has changed.
        self.word.store(word, Ordering::Relaxed);
    }

    /// Stops the ticks, because the worker no longer waits. May be called twice.
    pub(super) fn stop(&self) {
        // Relaxed, both. The partner of the swap is the load in `now`: a scope that sees the
        // stop late reads the clock one poll later. `last` has no partner, because only the
        // worker uses it.
        let word = self.word.swap(Self::STOPPED, Ordering::Relaxed);
        if word != Self::STOPPED {
            self.last.store(word, Ordering::Relaxed);
        }
    }

    /// Whether the ticks are stopped.
    pub(super) fn are_stopped(&self) -> bool {
        // Relaxed: the partner is the swap in `stop`, which explains the effect of a stale
        // value.
        self.word.load(Ordering::Relaxed) == Self::STOPPED
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_tick_comes_once_for_all_who_have_asked() {
        let ticks = Ticks::new();
        ticks.restart();
        let first = ticks.now();
        ticks.advance_if_requested();
        assert_eq!(ticks.now(), first, "nobody has asked");
        assert!(ticks.request_next());
        assert!(!ticks.request_next(), "somebody has");
        assert_eq!(ticks.now(), first);
        ticks.advance_if_requested();
        let second = ticks.now();
        assert_ne!(second, first);
        ticks.advance_if_requested();
        assert_eq!(ticks.now(), second);
        assert!(ticks.request_next());
    }

    #[test]
    fn while_ticks_are_stopped_nobody_waits_for_one() {
        let ticks = Ticks::new();
        assert!(ticks.are_stopped());
        assert!(!ticks.request_next(), "who asks looks at the clock");
        let stopped = ticks.now();
        ticks.advance_if_requested();
        assert_eq!(ticks.now(), stopped);
        ticks.restart();
        assert!(!ticks.are_stopped());
        assert_ne!(ticks.now(), stopped);
    }

    #[test]
    fn after_a_stop_the_moment_is_one_that_nobody_has_seen() {
        let ticks = Ticks::new();
        let mut seen = vec![ticks.now(), Tick::NONE];
        for asks in [true, false, true, true, false] {
            ticks.restart();
            assert!(!seen.contains(&ticks.now()));
            seen.push(ticks.now());
            if asks {
                ticks.request_next();
                ticks.advance_if_requested();
                assert!(!seen.contains(&ticks.now()));
                seen.push(ticks.now());
            }
            ticks.stop();
            assert!(ticks.are_stopped());
        }
    }

    #[test]
    fn ticks_begin_anew_before_the_word_of_stopped_ones() {
        let ticks = Ticks::new();
        ticks.last.store(Ticks::STOPPED - 5, Ordering::Relaxed);
        for _ in 0..8 {
            ticks.restart();
            assert!(!ticks.are_stopped());
            ticks.request_next();
            ticks.advance_if_requested();
            assert!(!ticks.are_stopped());
            ticks.stop();
        }
    }
}
