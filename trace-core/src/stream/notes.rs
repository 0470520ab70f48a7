//! What was noted of a site besides its spans: why some of them are not recorded.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::absence::Absence;
use super::site::Site;
use crate::process::fork::PerProcess;

/// What was noted of a site. Written in cold ways alone.
#[derive(Debug)]
pub(crate) struct Notes {
    /// Each [`Absence`] that need not be noted again, as a bit.
    absences: AtomicU32,
    /// Each diagnostic that was told, as a bit.
    told: AtomicU32,
    /// How often it was called outside of any trace, and began a root without a tracer,
    /// while somebody counted.
    outside: AtomicU64,
    no_tracer: AtomicU64,
}

/// Whether the site is in the list of those that were noted.
const IS_LISTED: u32 = 1 << 31;

/// Every site that was noted, once; those that never recorded a span among them.
static NOTED: PerProcess<Mutex<Vec<&'static Site>>> = PerProcess::new();

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

impl Site {
    /// Notes why a span of this site is not recorded. While somebody counts it is noted
    /// again the next time.
    pub(crate) fn note(&'static self, absence: Absence, counts: bool) {
        let notes = self.notes();
        if counts {
            match absence {
                Absence::Outside => notes.outside.fetch_add(1, Ordering::Relaxed),
                Absence::NoTracer => notes.no_tracer.fetch_add(1, Ordering::Relaxed),
                _ => 0,
            };
        } else {
            notes
                .absences
                .fetch_or(1 << absence as u32, Ordering::Relaxed);
        }
        let before = notes.told.fetch_or(IS_LISTED, Ordering::Relaxed);
        if before & IS_LISTED == 0 {
            list()
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(self);
        }
    }

    /// Says that a diagnostic, by its number, is told of this site; returns whether it was
    /// not before.
    pub(crate) fn tell(&self, diagnostic: u32) -> bool {
        let bit = 1 << (diagnostic % IS_LISTED.trailing_zeros());
        self.notes().told.fetch_or(bit, Ordering::Relaxed) & bit == 0
    }

    /// Every site that was noted.
    pub(crate) fn noted() -> Vec<&'static Self> {
        let noted = list().lock().unwrap_or_else(PoisonError::into_inner);
        noted.clone()
    }

    /// Has all sites noted again: somebody counts, from zero unless others did before.
    pub(crate) fn forget_notes(keeps_counts: bool) {
        for site in Self::noted() {
            let notes = site.notes();
            notes.absences.store(0, Ordering::Relaxed);
            if !keeps_counts {
                notes.outside.store(0, Ordering::Relaxed);
                notes.no_tracer.store(0, Ordering::Relaxed);
            }
        }
    }
}

/// The child of a `fork` keeps the list, unless it was being written then.
fn list() -> &'static Mutex<Vec<&'static Site>> {
    NOTED.get(|parents| {
        let list = parents.and_then(|parents| parents.try_lock().ok());
        Mutex::new(list.map(|list| list.clone()).unwrap_or_default())
    })
}
