//! Generates trace and span ids. Only this file uses random numbers.
//!
//! Owns a generator for each thread. Each span draws an id, which must cost few instructions
//! and no lock. The operating system provides the seeds.

use std::cell::Cell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::{NonZeroU64, NonZeroU128};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::TryRng;
use rand::rngs::SysRng;

use super::clock;
use super::fork::PerProcess;
use crate::value::{SpanId, TraceId};

/// The source of a tracer's ids.
///
/// ```
/// use trace_core::IdGenerator;
///
/// let ids = IdGenerator::counting();
/// assert_eq!(ids.span_id().to_string(), "0000000000000001");
/// assert_eq!(ids.span_id().to_string(), "0000000000000002");
/// ```
#[derive(Clone, Debug, Default)]
pub struct IdGenerator(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    Random,
    Seeded(Arc<AtomicU64>),
    Counting(Arc<AtomicU64>),
}

/// A thread's generator: a position and a key, which come from the operating system at the
/// first use. The sequences of two threads differ by 128 random bits.
#[derive(Debug)]
pub(crate) struct RandomNumbers {
    position: Cell<u64>,
    /// Zero until the generator is seeded, then odd.
    key: Cell<u64>,
}

thread_local! {
    static NUMBERS: RandomNumbers = const { RandomNumbers::new() };
}

impl IdGenerator {
    /// Makes a generator of random ids. Each thread has its own seed from the operating
    /// system.
    #[must_use]
    pub const fn random() -> Self {
        Self(Source::Random)
    }

    /// Makes a generator of ids that look random but repeat: the same seed and the same order
    /// of calls give the same ids. For tests and simulations.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(AtomicU64::new(seed))))
    }

    /// Makes a generator of the ids 1, 2, 3 and so on, in one sequence for traces and spans.
    /// For tests.
    #[must_use]
    pub fn counting() -> Self {
        Self(Source::Counting(Arc::new(AtomicU64::new(1))))
    }

    /// Generates a span id.
    #[must_use]
    pub fn span_id(&self) -> SpanId {
        SpanId::from_nonzero(self.number())
    }

    /// Generates a trace id.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        let (high, low) = match &self.0 {
            Source::Random => NUMBERS.with(|numbers| {
                numbers.seed();
                (numbers.draw().get(), numbers.draw())
            }),
            Source::Seeded(_) => (self.number().get(), self.number()),
            Source::Counting(_) => (0, self.number()),
        };
        TraceId::from_nonzero(NonZeroU128::from(low) | u128::from(high) << 64)
    }

    /// Returns whether the ids come from [`RandomNumbers`]. Then the recorder may draw them
    /// from the generator in its own thread-local block.
    pub(crate) fn is_random(&self) -> bool {
        matches!(self.0, Source::Random)
    }

    pub(crate) fn number(&self) -> NonZeroU64 {
        match &self.0 {
            Source::Random => NUMBERS.with(|numbers| {
                numbers.seed();
                numbers.draw()
            }),
            // Relaxed, in both arms: only the number matters, and each call gets a different
            // one.
            Source::Seeded(position) => {
                let position = position.fetch_add(STEP, Ordering::Relaxed);
                mix(position.wrapping_add(STEP), SEEDED_KEY)
            }
            Source::Counting(next) => {
                let number = next.fetch_add(1, Ordering::Relaxed);
                NonZeroU64::new(number).unwrap_or(NonZeroU64::MIN)
            }
        }
    }
}

/// Distance between two positions. Source: wyhash, final version 4, `wyrand`.
const STEP: u64 = 0xa076_1d64_78bd_642f;
/// Key of the seeded generator. Source: as for [`STEP`].
const SEEDED_KEY: u64 = 0xe703_7ed1_a0b4_28db;

/// One step of `wyrand`: a 128-bit product, folded.
#[cfg_attr(not(debug_assertions), inline(always))]
fn mix(position: u64, key: u64) -> NonZeroU64 {
    let product = u128::from(position) * u128::from(position ^ key);
    #[expect(clippy::cast_possible_truncation, reason = "the two halves are meant")]
    let folded = (product >> 64) as u64 ^ product as u64;
    NonZeroU64::new(folded).unwrap_or(NonZeroU64::MIN)
}

/// Makes this thread seed its generator again before the next id.
///
/// Called in the child of a `fork`. The child has a copy of its parent's generator and would
/// draw the same ids. Async-signal-safe.
pub(crate) fn forget_seed() {
    NUMBERS.with(RandomNumbers::forget);
}

impl RandomNumbers {
    /// Makes a generator without a seed.
    pub(crate) const fn new() -> Self {
        Self {
            position: Cell::new(0),
            key: Cell::new(0),
        }
    }

    /// Seeds the generator if it has no seed.
    #[inline]
    pub(crate) fn seed(&self) {
        if self.key.get() == 0 {
            self.seed_anew();
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn is_seeded(&self) -> bool {
        self.key.get() != 0
    }

    /// Drops the seed. The next call of [`seed`](Self::seed) sets a new one.
    pub(crate) fn forget(&self) {
        self.key.set(0);
    }

    #[cold]
    fn seed_anew(&self) {
        self.seed_from(random_bits);
    }

    fn seed_from(&self, bits: impl Fn() -> u64) {
        self.position.set(bits());
        self.key.set(bits() | 1);
    }

    /// Draws 64 random bits that are not all zero. The generator must have a seed; otherwise
    /// all threads draw the same numbers.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn draw(&self) -> NonZeroU64 {
        let position = self.position.get().wrapping_add(STEP);
        self.position.set(position);
        mix(position, self.key.get())
    }
}

/// Returns random bits from the operating system. If it provides none, returns bits that at
/// least differ between processes and calls.
pub(crate) fn random_bits() -> u64 {
    SysRng.try_next_u64().unwrap_or_else(|_| without_entropy())
}

/// Makes bits without the operating system, from values that differ between processes. No two
/// results in a process are equal.
#[cold]
fn without_entropy() -> u64 {
    static BASE: PerProcess<u64> = PerProcess::new();
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    // Relaxed: only the number matters, and each call gets a different one.
    let number = DRAWN.fetch_add(1, Ordering::Relaxed);
    scramble(*BASE.get(|_| base(std::process::id())), number)
}

/// Returns the base for [`scramble`]: a hash of the process id, the time, and the address of
/// the stack.
fn base(process: u32) -> u64 {
    let here = (&raw const process).addr();
    let mut hasher = DefaultHasher::new();
    (process, clock::moment(), here).hash(&mut hasher);
    hasher.finish()
}

/// Returns a different result for each number, if the base is the same.
///
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
/// *SplitMix64*.
const fn scramble(base: u64, number: u64) -> u64 {
    let mut bits = base.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_differ_where_the_machine_gives_no_random_bits() {
        let draw = || {
            let numbers = RandomNumbers::new();
            numbers.seed_from(without_entropy);
            let ids = std::iter::repeat_with(|| numbers.draw());
            ids.take(1_000).collect::<Vec<_>>()
        };
        let threads: Vec<_> = std::thread::scope(|scope| {
            let started: Vec<_> = (0..16).map(|_| scope.spawn(draw)).collect();
            let drawn = started.into_iter().map(|thread| thread.join().unwrap());
            drawn.collect()
        });
        let all: HashSet<_> = threads.iter().flatten().collect();
        assert_eq!(all.len(), 16_000);
        // Every position of the bits varies, not only some.
        let ones: u32 = all.iter().map(|id| id.get().count_ones()).sum();
        assert!((31 * 16_000..33 * 16_000).contains(&ones), "{ones}");
    }

    #[test]
    fn processes_differ_where_the_machine_gives_no_random_bits() {
        let bases: HashSet<_> = (1..1_000).map(base).collect();
        assert_eq!(bases.len(), 999);
    }
}
