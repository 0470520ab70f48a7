//! Ties a clock's raw readings to the wall clock, once for each trace.
//!
//! Owns the list of anchors and chooses one for each trace. The clock decides when a new
//! anchor is needed (`system_clock.rs`, `manual_clock.rs`).

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::rate::Rate;
use crate::process::sync::Unpoisoned;
use crate::value::Timestamp;

/// A raw reading, the wall-clock time at the same moment, and the length of a tick.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anchor {
    pub(super) raw: u64,
    pub(super) unix_nanos: u64,
    pub(super) rate: Rate,
}

/// The anchors of a clock.
///
/// The worker reads the wall clock for each batch and counts these readings, called *looks*. A
/// trace does not read the wall clock: it stores the current count when it begins. The count
/// identifies the interval between two looks in which the trace began. The look at the end of
/// the interval determines the anchor of the trace. This is early enough, because no span of
/// the trace is delivered before this look.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    /// The low half of [`State::looks`]. Traces read it when they begin, and must not wait for
    /// the lock.
    looks: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    looks: u64,
    /// From oldest to newest. Converters share the list, so a new anchor creates a new list.
    list: Arc<Vec<Numbered>>,
}

/// An anchor for the traces that began after look `from`, and before look `from` of the next
/// entry.
#[derive(Clone, Copy, Debug)]
struct Numbered {
    from: u64,
    anchor: Anchor,
}

/// Largest number of stored anchors. Unless the wall clock is set, at most one is added every
/// 30 s, so they cover more than eight hours.
const MAX_ANCHORS: usize = 1_024;

/// Turns raw readings of one clock into timestamps. It is a snapshot: later anchors do not
/// change it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Converter {
    looks: u64,
    list: Arc<Vec<Numbered>>,
}

/// Turns the raw readings of one trace into timestamps.
///
/// It uses one anchor for all readings. So the time between two timestamps is exactly the time
/// that the monotonic counter measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times(Option<Anchor>);

impl Anchors {
    /// Returns the count of looks that a trace stores when it begins.
    #[inline]
    pub(super) fn looks(&self) -> u32 {
        // Relaxed: the count guards no other memory. A thread that still sees the previous
        // count uses the anchor of traces that began a moment earlier.
        self.looks.load(Ordering::Relaxed)
    }

    /// Checks the newest anchor against `now`, a fresh reading of the wall clock. If
    /// `is_right` rejects the newest anchor, `now` becomes a new one.
    ///
    /// `delivered` means that the caller delivers spans with the returned converter. Then the
    /// look is counted: it determines the anchor of all traces that have begun. Traces that
    /// begin later may get another anchor.
    pub(super) fn look(
        &self,
        now: Anchor,
        is_right: impl FnOnce(&Anchor) -> bool,
        delivered: bool,
    ) -> Converter {
        let mut state = self.state();
        let last = state.list.last();
        if !last.is_some_and(|last| is_right(&last.anchor)) {
            state.push(now);
        }
        let converter = Converter {
            looks: state.looks,
            list: Arc::clone(&state.list),
        };
        if delivered {
            state.looks += 1;
            // Relaxed: written only under the lock, so the count never decreases; see also
            // `looks`.
            #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
            self.looks.store(state.looks as u32, Ordering::Relaxed);
        }
        converter
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unpoisoned()
    }
}

impl State {
    /// Adds an anchor for traces that begin from now on, and for traces that began since the
    /// last counted look. Drops the oldest anchor if there are too many.
    fn push(&mut self, anchor: Anchor) {
        let from = self.looks;
        let mut list = self.list.to_vec();
        list.retain(|other| other.from < from);
        let surplus = (list.len() + 1).saturating_sub(MAX_ANCHORS);
        list.drain(..surplus);
        list.push(Numbered { from, anchor });
        self.list = Arc::new(list);
    }
}

impl Anchor {
    /// Returns the difference between the wall clock at `now` and the time that this anchor
    /// computes for `now`. Returns `None` if `now` was read before the anchor.
    pub(super) fn drift(&self, now: &Self) -> Option<Duration> {
        let age = self.rate.nanos(now.raw.checked_sub(self.raw)?);
        let expected = self.unix_nanos.saturating_add(age);
        Some(Duration::from_nanos(now.unix_nanos.abs_diff(expected)))
    }
}

impl Converter {
    /// Makes a converter with a single anchor, for all traces.
    pub(super) fn from_anchor(anchor: Anchor) -> Self {
        Self {
            looks: 0,
            list: Arc::new(vec![Numbered { from: 0, anchor }]),
        }
    }

    /// Returns the conversion for a trace that stored this count of [looks](Anchors::looks).
    /// If its anchor has been dropped, uses the oldest stored anchor.
    pub(crate) fn times(&self, looks: u32) -> Times {
        // The count has 32 bits and wraps. Its distance from the current count is exact for a
        // trace that began less than 2³² looks ago.
        #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
        let ago = (self.looks as u32).wrapping_sub(looks);
        let looks = self.looks.saturating_sub(ago.into());
        let mut newest_first = self.list.iter().rev();
        let found = newest_first.find(|numbered| numbered.from <= looks);
        let anchor = found.or(self.list.first());
        Times(anchor.map(|numbered| numbered.anchor))
    }

    /// Returns the conversion for a current reading.
    pub(super) fn latest(&self) -> Times {
        Times(self.list.last().map(|numbered| numbered.anchor))
    }
}

impl Times {
    /// For raw readings that already are nanoseconds since 1970.
    pub(crate) const RAW: Self = Self(None);

    /// Turns a raw reading into a timestamp.
    #[inline]
    pub(crate) fn timestamp(self, raw: u64) -> Timestamp {
        let Some(anchor) = self.0 else {
            return Timestamp::from_unix_nanos(raw);
        };
        let nanos = if raw >= anchor.raw {
            let ahead = anchor.rate.nanos(raw - anchor.raw);
            anchor.unix_nanos.saturating_add(ahead)
        } else {
            let behind = anchor.rate.nanos(anchor.raw - raw);
            anchor.unix_nanos.saturating_sub(behind)
        };
        Timestamp::from_unix_nanos(nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An anchor of a clock that ticks in nanoseconds and is `offset` behind the wall clock.
    fn anchor(raw: u64, offset: u64) -> Anchor {
        Anchor {
            raw,
            unix_nanos: raw + offset,
            rate: Rate::NANOSECOND,
        }
    }

    fn look(anchors: &Anchors, now: Anchor) -> Converter {
        let is_right = |last: &Anchor| last.drift(&now) == Some(Duration::ZERO);
        anchors.look(now, is_right, true)
    }

    fn time(converter: &Converter, looks: u32, raw: u64) -> u64 {
        converter.times(looks).timestamp(raw).as_unix_nanos()
    }

    #[test]
    fn a_trace_keeps_the_anchor_that_its_first_delivery_found() {
        let anchors = Anchors::default();
        let before = anchors.looks();
        let converter = look(&anchors, anchor(100, 1_000));
        assert_eq!(time(&converter, before, 90), 1_090);
        // The trace continues, and the clock is set.
        let within = anchors.looks();
        let converter = look(&anchors, anchor(200, 5_000));
        let after = anchors.looks();
        assert_eq!(time(&converter, before, 190), 1_190);
        // No span of the traces that began since then was delivered before.
        assert_eq!(time(&converter, within, 190), 5_190);
        let converter = look(&anchors, anchor(300, 5_000));
        assert_eq!(time(&converter, after, 290), 5_290);
        assert_eq!(time(&converter, before, 290), 1_290);
    }

    #[test]
    fn a_look_that_delivers_nothing_decides_nothing() {
        let anchors = Anchors::default();
        let trace = anchors.looks();
        anchors.look(anchor(100, 1_000), |_| false, false);
        let converter = look(&anchors, anchor(200, 2_000));
        assert_eq!(time(&converter, trace, 150), 2_150);
        assert_eq!(converter.list.len(), 1);
    }

    #[test]
    fn there_are_no_more_than_some_and_numbers_go_round() {
        let anchors = Anchors::default();
        anchors.state().looks = u64::from(u32::MAX) - 10;
        let mut kept = Vec::new();
        for step in 0..2 * MAX_ANCHORS as u64 {
            #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
            kept.push((anchors.state().looks as u32, step));
            look(&anchors, anchor(step, 10 * step));
        }
        let converter = look(&anchors, anchor(0, 0));
        assert!(converter.list.len() <= MAX_ANCHORS);
        for (looks, step) in kept {
            let oldest = MAX_ANCHORS as u64 + 1;
            let expected = 10 * step.max(oldest) + 7;
            assert_eq!(time(&converter, looks, 7), expected, "{step}");
        }
    }
}
