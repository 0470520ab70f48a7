//! Counts of spans that began, without threads that wait for each other.

use std::sync::atomic::{AtomicU64 as StdAtomicU64, Ordering};

use crate::process::sync::AtomicU64;

/// How many spans began, by thread.
#[derive(Debug, Default)]
pub(super) struct Starts {
    /// Each is counted in by one thread at a time.
    own: [Counts; OWN],
    /// For threads that have none of these.
    shared: Counts,
}

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    Recorded,
    /// A sampler refused it.
    SampledOut,
}

/// In different cache lines for different threads.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Counts {
    recorded: AtomicU64,
    sampled_out: AtomicU64,
}

/// Loom tries every order in which they are read.
const OWN: usize = if cfg!(loom) { 1 } else { 32 };

/// The numbers, as bits, that threads have taken.
static TAKEN: StdAtomicU64 = StdAtomicU64::new(0);

/// A number that no other thread has, until this one ends.
struct OwnNumber(Option<u32>);

thread_local! {
    static NUMBER: OwnNumber = OwnNumber::take();
}

impl OwnNumber {
    fn take() -> Self {
        let free = |taken: u64| {
            let number = (!taken).trailing_zeros();
            ((number as usize) < OWN).then(|| taken | 1 << number)
        };
        // Acquire: its partner is the release in `drop`, so that what the last thread with
        // this number has counted is seen by the next one.
        let taken = TAKEN.fetch_update(Ordering::Acquire, Ordering::Relaxed, free);
        Self(taken.ok().map(|taken| (!taken).trailing_zeros()))
    }
}

impl Drop for OwnNumber {
    fn drop(&mut self) {
        if let Some(number) = self.0 {
            TAKEN.fetch_and(!(1 << number), Ordering::Release);
        }
    }
}

impl Starts {
    #[inline]
    pub(super) fn count(&self, start: Start, spans: u64) {
        // Loom's threads have one number. At the very end of a thread there is none.
        let number = if cfg!(loom) {
            None
        } else {
            NUMBER.try_with(|number| number.0).ok().flatten()
        };
        let own = number.and_then(|number| self.own.get(number as usize));
        // Relaxed: a span is counted as started before it leaves its scope, which orders it.
        match own {
            Some(own) => {
                // Nobody else writes it: no exclusive access, which costs as much as a span.
                let counter = own.counter(start);
                let count = counter.load(Ordering::Relaxed);
                counter.store(count + spans, Ordering::Relaxed);
            }
            None => {
                let counter = self.shared.counter(start);
                counter.fetch_add(spans, Ordering::Relaxed);
            }
        }
    }

    pub(super) fn sum(&self, start: Start) -> u64 {
        let all = self.own.iter().chain([&self.shared]);
        all.map(|counts| counts.counter(start).load(Ordering::Acquire))
            .sum()
    }
}

impl Counts {
    #[inline]
    const fn counter(&self, start: Start) -> &AtomicU64 {
        match start {
            Start::Recorded => &self.recorded,
            Start::SampledOut => &self.sampled_out,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_lose_no_count_however_many_there_are_and_end() {
        let starts = Starts::default();
        let count = || {
            for _ in 0..1_000 {
                starts.count(Start::Recorded, 2);
            }
            starts.count(Start::SampledOut, 1);
        };
        for _ in 0..4 {
            std::thread::scope(|scope| {
                for _ in 0..OWN + 8 {
                    scope.spawn(count);
                }
            });
        }
        let threads = 4 * (OWN as u64 + 8);
        assert_eq!(starts.sum(Start::Recorded), threads * 2_000);
        assert_eq!(starts.sum(Start::SampledOut), threads);
    }
}
