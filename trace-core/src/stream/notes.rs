//! Notes about a site: why some of its spans are not recorded.
//!
//! This file defines the flags and counts, and reads them.
//! [`noted_sites`](super::noted_sites) writes them. [`diagnostics`](crate::diagnostics)
//! decides what is reported, and to whom.
//!
//! All accesses in both files are relaxed. No access to other memory depends on the value
//! of a flag or count, so there is nothing to order. Some actions must happen only once.
//! They rely on the atomicity of `fetch_or`, which does not depend on the ordering.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::absence::Absence;

/// The notes about a site.
///
/// It is part of the site, and lives as long as the process. Only cold functions write to
/// it, and recording does not. So all processors can keep the site in their caches.
#[derive(Debug)]
pub(crate) struct Notes {
    /// A bit for each [`Absence`] that need not be noted again. While absences are
    /// counted, no new bit is set.
    pub(super) absences: AtomicU32,
    /// A bit for each diagnostic that was reported, and [`IS_LISTED`].
    pub(super) told: AtomicU32,
    /// How often the site was called outside of any trace while absences were counted.
    pub(super) outside: AtomicU64,
    /// How often the site was called to begin a root without a tracer while absences were
    /// counted.
    pub(super) no_tracer: AtomicU64,
}

/// The bit in [`Notes::told`] that is set if the site is in the list of noted sites.
pub(super) const IS_LISTED: u32 = 1 << 31;

impl Notes {
    pub(super) const fn new() -> Self {
        Self {
            absences: AtomicU32::new(0),
            told: AtomicU32::new(0),
            outside: AtomicU64::new(0),
            no_tracer: AtomicU64::new(0),
        }
    }

    /// Returns whether this absence need not be noted again.
    #[inline]
    pub(crate) fn has(&self, absence: Absence) -> bool {
        // Relaxed: the writes are the `fetch_or` in `Site::note` and the store in
        // `Site::forget_notes`. A thread that does not see the bit yet notes the absence
        // again, which has no effect.
        self.absences.load(Ordering::Relaxed) & (1 << absence as u32) != 0
    }

    /// Returns how often the site was called outside of any trace while absences were
    /// counted.
    pub(crate) fn outside(&self) -> u64 {
        // Relaxed, here and in `no_tracer`: the write is the `fetch_add` in `Site::note`.
        // A report may miss calls that happen at the same time.
        self.outside.load(Ordering::Relaxed)
    }

    /// Returns how often the site was called to begin a root without a tracer while
    /// absences were counted.
    pub(crate) fn no_tracer(&self) -> u64 {
        self.no_tracer.load(Ordering::Relaxed)
    }
}
