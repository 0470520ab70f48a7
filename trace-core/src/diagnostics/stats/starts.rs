//! Counts spans that began, without contention between threads.
//!
//! One shared counter would cost as much as a span: its cache line would move between the
//! processors. So each of 32 threads has its own counter, and only further threads share one.

use std::sync::atomic::{AtomicU64 as StdAtomicU64, Ordering};

use crate::process::sync::AtomicU64;

/// The number of spans that began, counted by thread. Owned by the tracer.
#[derive(Debug, Default)]
pub(super) struct Starts {
    /// The index is the [`OwnNumber`] of the thread. Only one thread at a time writes each of
    /// these counts.
    own: [Counts; OWN],
    /// For threads without a number of their own.
    shared: Counts,
}

/// How a span began.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    Recorded,
    /// A sampler refused its trace.
    SampledOut,
}

/// The counts of one thread, in a cache line of their own.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Counts {
    recorded: AtomicU64,
    sampled_out: AtomicU64,
}

/// Number of threads with a counter of their own. One for loom, which tries every order in
/// which the counters are read.
const OWN: usize = if cfg!(loom) { 1 } else { 32 };

/// The numbers that threads have taken, one bit each. Shared by all tracers of the process.
static TAKEN: StdAtomicU64 = StdAtomicU64::new(0);

/// A number below [`OWN`] that no other thread has until this thread ends; `None` if all
/// numbers were taken.
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
        // Acquire: pairs with the release in `drop`. The next thread with this number sees the
        // counts of the last thread, and adds to them. Relaxed for the first load: a stale
        // value only makes the exchange fail and try again.
        let taken = TAKEN.fetch_update(Ordering::Acquire, Ordering::Relaxed, free);
        Self(taken.ok().map(|taken| (!taken).trailing_zeros()))
    }
}

impl Drop for OwnNumber {
    fn drop(&mut self) {
        if let Some(number) = self.0 {
            // Release: pairs with the acquire in `take`. Other threads may take or return
            // other numbers in between. They use a read-modify-write, which keeps the pair
            // intact.
            TAKEN.fetch_and(!(1 << number), Ordering::Release);
        }
    }
}

impl Starts {
    /// Counts spans that began.
    #[inline]
    pub(super) fn count(&self, start: Start, spans: u64) {
        // At the very end of a thread, its number is already destroyed. Loom runs all its
        // threads on one thread of the operating system, which has one number. So with loom,
        // all threads share a counter.
        let number = if cfg!(loom) {
            None
        } else {
            NUMBER.try_with(|number| number.0).ok().flatten()
        };
        let own = number.and_then(|number| self.own.get(number as usize));
        // Relaxed, three times: a thread counts a span before it takes the queue's lock to
        // hand the span over, and `sum` is called under that lock. So a reader that sees the
        // span somewhere else also sees it counted here.
        match own {
            Some(own) => {
                // No other thread writes this counter. An atomic addition would cost as much
                // as a span.
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

    /// Returns how many spans have begun. Called under the queue's lock.
    pub(super) fn sum(&self, start: Start) -> u64 {
        let all = self.own.iter().chain([&self.shared]);
        // Relaxed: the queue's lock orders this load after the count of each handed-over span.
        // A span that is still in its scope may be missing. Then it does not count as open
        // either.
        all.map(|counts| counts.counter(start).load(Ordering::Relaxed))
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
