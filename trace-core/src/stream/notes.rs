//! What is noted of a site: why some of its spans are not recorded.
//!
//! This file has the flags and counts, and reads them. They are written in
//! [`noted_sites`](super::noted_sites). [`diagnostics`](crate::diagnostics) decides what is
//! reported, and to whom.
//!
//! All accesses here and there are relaxed. Each flag and each count stands alone: nobody
//! reads other memory because of its value, so there is nothing to order. What must happen
//! only once relies on `fetch_or` being atomic, which does not depend on the ordering.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::absence::Absence;

/// What was noted of a site.
///
/// It is part of the site, and lives as long as the process. Only cold functions write to
/// it. So recording does not, and all processors can keep the site in their caches.
#[derive(Debug)]
pub(crate) struct Notes {
    /// Each [`Absence`] that need not be noted again, as a bit. While somebody counts, no
    /// new bit is set.
    pub(super) absences: AtomicU32,
    /// Each diagnostic that was told, as a bit, and [`IS_LISTED`].
    pub(super) told: AtomicU32,
    /// How often the site was called outside of any trace, while somebody counted.
    pub(super) outside: AtomicU64,
    /// How often it began a root without a tracer, while somebody counted.
    pub(super) no_tracer: AtomicU64,
}

/// The bit in [`Notes::told`] of sites that are in the list of noted sites.
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
        // Relaxed: its partners are the `fetch_or` in `Site::note` and the store in
        // `Site::forget_notes`. A thread that does not see the bit yet notes the absence
        // once more, which changes nothing.
        self.absences.load(Ordering::Relaxed) & (1 << absence as u32) != 0
    }

    /// Returns how often the site was called outside of any trace, as far as that was
    /// counted.
    pub(crate) fn outside(&self) -> u64 {
        // Relaxed, as is the next one: its partner is the `fetch_add` in `Site::note`. A
        // report may miss calls that happen while it is made.
        self.outside.load(Ordering::Relaxed)
    }

    /// Returns how often it began a root without a tracer, as far as that was counted.
    pub(crate) fn no_tracer(&self) -> u64 {
        self.no_tracer.load(Ordering::Relaxed)
    }
}
