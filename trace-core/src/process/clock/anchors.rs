//! Where a clock's readings are tied to the wall clock.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::rate::Rate;
use crate::process::sync::Unpoisoned;
use crate::value::Timestamp;

/// A raw reading, the wall-clock time at which it was taken, and how long ticks are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anchor {
    pub(super) raw: u64,
    pub(super) unix_nanos: u64,
    pub(super) rate: Rate,
}

/// The anchors of a clock.
///
/// Looks at the wall clock are counted. A trace takes the count along from its beginning,
/// which is no look: it so names the time between two looks in which it began, and the
/// anchor of that is decided by the second one. Nothing of the trace was delivered before.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    /// The low half of the number of looks.
    looks: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    looks: u64,
    /// Shared with converters, and so made anew when there is another one.
    list: Arc<Vec<Numbered>>,
}

/// The anchor of what began after so many looks, and until the next one in the list.
#[derive(Clone, Copy, Debug)]
struct Numbered {
    from: u64,
    anchor: Anchor,
}

/// Most anchors that are kept. Those of a clock that is not set last for hours.
const MAX_ANCHORS: usize = 1_024;

/// Turns raw readings of one clock into timestamps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Converter {
    looks: u64,
    list: Arc<Vec<Numbered>>,
}

/// Turns the raw readings of one trace into timestamps; one anchor for all of them, so that
/// differences are those of the monotonic counter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times(Option<Anchor>);

impl Anchors {
    /// What a trace that begins takes along.
    #[inline]
    pub(super) fn looks(&self) -> u32 {
        // Relaxed: it is a name.
        self.looks.load(Ordering::Relaxed)
    }

    /// Looks at the wall clock, which `now` says, and takes a new anchor if the last one is
    /// not right by it. If something is `delivered` by what this returns, later traces are
    /// told apart from those up to now.
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
    /// How far the wall clock is from what this one says, and what time has passed since.
    pub(super) fn drift(&self, now: &Self) -> Option<Duration> {
        let age = self.rate.nanos(now.raw.checked_sub(self.raw)?);
        let expected = self.unix_nanos.saturating_add(age);
        Some(Duration::from_nanos(now.unix_nanos.abs_diff(expected)))
    }
}

impl Converter {
    /// One that knows only one anchor.
    pub(super) fn from_anchor(anchor: Anchor) -> Self {
        Self {
            looks: 0,
            list: Arc::new(vec![Numbered { from: 0, anchor }]),
        }
    }

    /// What turns the readings of a trace into timestamps that took so many
    /// [looks](Anchors::looks) along. The oldest anchor stands for those that are not kept.
    pub(crate) fn times(&self, looks: u32) -> Times {
        #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
        let ago = (self.looks as u32).wrapping_sub(looks);
        let looks = self.looks.saturating_sub(ago.into());
        let mut newest_first = self.list.iter().rev();
        let found = newest_first.find(|numbered| numbered.from <= looks);
        let anchor = found.or(self.list.first());
        Times(anchor.map(|numbered| numbered.anchor))
    }

    /// The same for a reading of the moment.
    pub(super) fn latest(&self) -> Times {
        Times(self.list.last().map(|numbered| numbered.anchor))
    }
}

impl Times {
    /// Readings are nanoseconds since 1970.
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

    /// A clock that ticks in nanoseconds, and is off by so much.
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
        // It goes on, and the clock is set.
        let within = anchors.looks();
        let converter = look(&anchors, anchor(200, 5_000));
        let after = anchors.looks();
        assert_eq!(time(&converter, before, 190), 1_190);
        // Nothing of what began since was delivered.
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
