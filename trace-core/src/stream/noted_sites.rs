//! The sites of which something was noted.

use std::sync::Mutex;
use std::sync::atomic::Ordering;

use super::absence::Absence;
use super::notes::IS_LISTED;
use super::site::Site;
use crate::process::fork::PerProcess;
use crate::process::sync::Unpoisoned;

/// Every site that was noted, once; those that never recorded a span among them.
static NOTED: PerProcess<Mutex<Vec<&'static Site>>> = PerProcess::new();

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
            list().lock().unpoisoned().push(self);
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
        let noted = list().lock().unpoisoned();
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
