//! Limits how many traces per second callers may have recorded.
//!
//! It owns the limiters of [`Trust::Capped`](crate::Trust::Capped), one for each rate in the
//! program. All callers with the same rate share its limiter. The code that begins a root
//! decides how far a caller is trusted.

use std::fmt;
use std::sync::{Arc, RwLock};

use crate::process::clock::Clock;
use crate::process::sync::Unpoisoned;
use crate::sampler::{RateLimited, Sampler, SamplingInput};
use crate::value::TraceId;

/// The allowances of [`Trust::Capped`](crate::Trust::Capped), one for each rate in traces per
/// second. Entries are added and never removed.
#[derive(Default)]
pub(crate) struct TrustAllowances(RwLock<Vec<(u32, Arc<RateLimited>)>>);

/// The maximum number of rates that a tracer keeps. Rates are usually constants in the source,
/// so there are few. But a program that computes them, perhaps from a caller's data, must not
/// fill the memory.
const MAX_RATES: usize = 64;

impl TrustAllowances {
    /// Takes one trace from the allowance of `per_second`. Returns whether one was left. Also
    /// returns false if there are too many rates.
    pub(crate) fn admits(&self, per_second: u32, trace_id: TraceId, clock: &Clock) -> bool {
        let input = SamplingInput::new(trace_id, "", clock);
        self.allowance(per_second)
            .is_some_and(|limit| limit.sample(&input).is_sampled())
    }

    /// Returns the limiter for a rate, which is made at its first use. Searches under the read
    /// lock first. Later calls find it there and do not wait for each other.
    fn allowance(&self, per_second: u32) -> Option<Arc<RateLimited>> {
        let find = |limits: &[(u32, Arc<RateLimited>)]| {
            let found = limits.iter().find(|(rate, _)| *rate == per_second);
            found.map(|(_, limit)| Arc::clone(limit))
        };
        let known = find(&self.0.read().unpoisoned());
        if known.is_some() {
            return known;
        }
        let mut limits = self.0.write().unpoisoned();
        // Another thread may have added it between the two locks.
        if let Some(known) = find(&limits) {
            return Some(known);
        }
        if limits.len() == MAX_RATES {
            return None;
        }
        let limit = Arc::new(RateLimited::per_second(per_second.into()).ok()?);
        limits.push((per_second, Arc::clone(&limit)));
        Some(limit)
    }
}

impl fmt::Debug for TrustAllowances {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustAllowances").finish_non_exhaustive()
    }
}
