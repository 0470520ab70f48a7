//! The sites of which something was noted, and how it is noted.
//!
//! The table of sites has only those that have recorded a span. This list also has those
//! that never did. The doctor reads both.
//!
//! All atomics here are relaxed; [`notes`](super::notes) says why that is enough.

use std::sync::Mutex;
use std::sync::atomic::Ordering;

use super::absence::Absence;
use super::notes::IS_LISTED;
use super::site::Site;
use crate::process::fork::PerProcess;
use crate::process::sync::Unpoisoned;

/// Every site that was noted, once.
///
/// The lock is held to push or to copy, and never while anything else is called.
static NOTED: PerProcess<Mutex<Vec<&'static Site>>> = PerProcess::new();

impl Site {
    /// Notes why a span of this site is not recorded.
    ///
    /// If somebody `counts`, the call is counted, and the next one is noted as well. If not,
    /// a bit says that the absence need not be noted again.
    pub(crate) fn note(&'static self, absence: Absence, counts: bool) {
        let notes = self.notes();
        if counts {
            // Relaxed: the addition is atomic, and a count is read alone. Spans that are
            // not sampled are counted by tracer and not here, as their tracer knows why.
            match absence {
                Absence::Outside => notes.outside.fetch_add(1, Ordering::Relaxed),
                Absence::NoTracer => notes.no_tracer.fetch_add(1, Ordering::Relaxed),
                _ => 0,
            };
        } else {
            // Relaxed: the partner is the load in `Notes::has`. The bit is only a hint that
            // spares a second note.
            notes
                .absences
                .fetch_or(1 << absence as u32, Ordering::Relaxed);
        }
        // Relaxed: of all threads exactly one finds the bit unset, as each reads what the
        // one before it wrote. That thread pushes the site. The lock publishes the list.
        let before = notes.told.fetch_or(IS_LISTED, Ordering::Relaxed);
        if before & IS_LISTED == 0 {
            list().lock().unpoisoned().push(self);
        }
    }

    /// Notes that a diagnostic, given by its number, is told of this site. Returns whether
    /// it was not told before.
    pub(crate) fn tell(&self, diagnostic: u32) -> bool {
        // A number above 30 would share the bit of another diagnostic, and never `IS_LISTED`.
        //
        // Relaxed: as above, exactly one thread finds the bit unset and tells the
        // diagnostic. What it tells does not depend on other threads.
        let bit = 1 << (diagnostic % IS_LISTED.trailing_zeros());
        self.notes().told.fetch_or(bit, Ordering::Relaxed) & bit == 0
    }

    /// Returns every site that was noted.
    pub(crate) fn noted() -> Vec<&'static Self> {
        let noted = list().lock().unpoisoned();
        noted.clone()
    }

    /// Has all sites noted again, because somebody begins to count. The counts begin at
    /// zero, unless somebody counted before.
    pub(crate) fn forget_notes(keeps_counts: bool) {
        // Relaxed: the partners are the accesses in `note`. What another thread notes or
        // counts at the same time may be kept or forgotten; either is right.
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

/// Returns this process's list.
///
/// The child of a `fork` begins with a copy of its parent's. If that was being written
/// during the fork, the list begins empty. Its sites still have their bit, so the doctor
/// in the child does not name those that never recorded a span.
fn list() -> &'static Mutex<Vec<&'static Site>> {
    NOTED.get(|parents| {
        let list = parents.and_then(|parents| parents.try_lock().ok());
        Mutex::new(list.map(|list| list.clone()).unwrap_or_default())
    })
}
