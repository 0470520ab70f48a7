//! What was noted of a site besides its spans: why some of them are not recorded.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::absence::Absence;

/// What was noted of a site. Written in cold ways alone.
#[derive(Debug)]
pub(crate) struct Notes {
    /// Each [`Absence`] that need not be noted again, as a bit.
    pub(super) absences: AtomicU32,
    /// Each diagnostic that was told, as a bit.
    pub(super) told: AtomicU32,
    /// How often it was called outside of any trace, and began a root without a tracer,
    /// while somebody counted.
    pub(super) outside: AtomicU64,
    pub(super) no_tracer: AtomicU64,
}

/// Whether the site is in the list of those that were noted.
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

    /// Whether this is noted.
    #[inline]
    pub(crate) fn has(&self, absence: Absence) -> bool {
        self.absences.load(Ordering::Relaxed) & (1 << absence as u32) != 0
    }

    /// How often a site was called outside of any trace, as far as that was counted.
    pub(crate) fn outside(&self) -> u64 {
        self.outside.load(Ordering::Relaxed)
    }

    /// How often it began a root without a tracer, as far as that was counted.
    pub(crate) fn no_tracer(&self) -> u64 {
        self.no_tracer.load(Ordering::Relaxed)
    }
}
