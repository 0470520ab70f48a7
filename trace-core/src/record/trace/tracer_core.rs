//! The part of a tracer that recording needs.
//!
//! Scopes, traces and threads hold references to it, so it may outlive the
//! [`Tracer`](crate::Tracer) for which it was built. It does not know the worker or the
//! collectors, only the queue into which scopes put their chunks.

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

/// Texts of up to this many bytes are within every sensible limit, so a
/// [plain](TracerCore::plain) tracer is not asked for its limit.
pub(in crate::record) const SHORT_TEXT: usize = 32;

/// The part of a tracer that recording needs, shared by everything that runs in its traces. All
/// of it except `has_ended` is constant.
pub(crate) struct TracerCore {
    pub(crate) sampler: Box<dyn Sampler>,
    pub(crate) ids: IdGenerator,
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
    /// Limits how many traces callers may have recorded.
    pub(crate) trust_allowances: TrustAllowances,
    /// How long a scope that continues keeps what it has recorded.
    pub(crate) scheduled_delay: Duration,
    pub(crate) queue: Arc<Queue>,
    /// The process in which it was built.
    pub(crate) generation: Generation,
    /// Set when the tracer is shut down.
    pub(crate) has_ended: AtomicBool,
    /// What is open, if this is the tracer of a test.
    #[cfg(feature = "testing")]
    pub(crate) watch: Option<super::watch::Watch>,
}

impl TracerCore {
    /// Whether it belongs to the parent process, in the child of a `fork`. It is then treated
    /// as shut down, and its locks may be held forever.
    #[inline]
    pub(crate) fn is_foreign(&self) -> bool {
        fork::has_happened() && !self.generation.is_current()
    }

    /// Notes that the tracer was shut down. From now on roots use another tracer, if there is
    /// one.
    pub(crate) fn end(&self) {
        // Relaxed. The partner is the load in `has_ended`. The order does not matter: if a
        // root still begins here, the closed queue refuses it, and it is counted as dropped.
        self.has_ended.store(true, Ordering::Relaxed);
    }

    /// Whether the tracer was shut down.
    #[inline]
    pub(crate) fn has_ended(&self) -> bool {
        // Relaxed: the partner is the store in `end`, which explains it.
        self.has_ended.load(Ordering::Relaxed)
    }

    /// Returns the counter if the tracer is *plain*: its times are readings of the counter,
    /// its ids are random, and a [short text](SHORT_TEXT) is within its limit. Then the thread
    /// opens and tags spans without the tracer.
    pub(in crate::record) fn plain(&self) -> Option<Counter> {
        let is_plain = self.ids.is_random() && self.limits.max_value_bytes >= SHORT_TEXT;
        self.clock.counter().filter(|_| is_plain)
    }
}

impl Drop for TracerCore {
    /// Drops the sampler and catches its panics, because this may run in functions that must
    /// not unwind. In the child of a `fork` the sampler is leaked, because its drop may wait
    /// for threads that the child does not have.
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
