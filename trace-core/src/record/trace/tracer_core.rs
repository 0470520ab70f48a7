//! What recording needs of a tracer.
//!
//! Scopes, traces and threads hold references to it, so it may outlive the
//! [`Tracer`](crate::Tracer) that it was built for. It does not know the worker or the
//! collectors: it hands chunks to the queue.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::trust_allowances::TrustAllowances;
use crate::delivery::Queue;
use crate::process::caught::drop_quietly;
use crate::process::clock::{Clock, Counter};
use crate::process::fork;
use crate::process::fork::Generation;
use crate::process::id_generator::IdGenerator;
use crate::sampler::{AlwaysOff, Sampler};
use crate::value::Limits;

/// Bytes of a text for which no sensible limit has to be asked.
pub(in crate::record) const SHORT_TEXT: usize = 32;

/// What recording needs of a tracer; shared by everything that runs in its traces.
pub(crate) struct TracerCore {
    pub(crate) sampler: Box<dyn Sampler>,
    pub(crate) ids: IdGenerator,
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
    /// What callers may have recorded.
    pub(crate) trust_allowances: TrustAllowances,
    /// How long a scope that goes on keeps what it has recorded.
    pub(crate) scheduled_delay: Duration,
    pub(crate) queue: Arc<Queue>,
    /// The process in which it was built.
    pub(crate) generation: Generation,
    /// Set when it is shut down.
    pub(crate) has_ended: AtomicBool,
    /// What is open, of the tracer of a test.
    #[cfg(feature = "testing")]
    pub(crate) watch: Option<super::watch::Watch>,
}

impl TracerCore {
    /// Whether it is of another process: the parent's, in the child of a `fork`. It is
    /// then as if shut down, and its locks may be held for ever.
    #[inline]
    pub(crate) fn is_foreign(&self) -> bool {
        fork::has_happened() && !self.generation.is_current()
    }

    /// Says that the tracer was shut down: roots begin elsewhere from now on, where they can.
    pub(crate) fn end(&self) {
        // Relaxed. The partner is the load in `has_ended`. A root that begins here
        // although the tracer has just ended is counted as dropped, so nothing depends on
        // the order.
        self.has_ended.store(true, Ordering::Relaxed);
    }

    /// Whether it was shut down.
    #[inline]
    pub(crate) fn has_ended(&self) -> bool {
        // Relaxed: see `end`.
        self.has_ended.load(Ordering::Relaxed)
    }

    /// The counter, if a time is a reading of it, an id a random number, and a
    /// [short text](SHORT_TEXT) within the limits.
    pub(in crate::record) fn plain(&self) -> Option<Counter> {
        let is_plain = self.ids.is_random() && self.limits.max_value_bytes >= SHORT_TEXT;
        self.clock.counter().filter(|_| is_plain)
    }
}

impl Drop for TracerCore {
    /// In the child of a `fork` the sampler is leaked: it may wait for threads of its own,
    /// which are not there. Elsewhere it may panic, which is none of the business of whoever
    /// ends the last trace, in functions that must not unwind.
    fn drop(&mut self) {
        let sampler = std::mem::replace(&mut self.sampler, Box::new(AlwaysOff));
        if self.is_foreign() {
            return std::mem::forget(sampler);
        }
        drop_quietly(sampler);
    }
}

impl fmt::Debug for TracerCore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracerCore")
            .field("ids", &self.ids)
            .field("clock", &self.clock)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
