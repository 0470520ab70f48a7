//! The list of sites with notes, and the functions that write notes.
//!
//! The table of sites contains only sites that have recorded a span. This list also
//! contains sites that never recorded one. The doctor reads both.
//!
//! All atomic accesses here are relaxed; [`notes`](super::notes) explains why this is
//! enough.

use std::sync::Mutex;
use std::sync::atomic::Ordering;

use super::absence::Absence;
use super::notes::IS_LISTED;
use super::site::Site;
use crate::process::fork::PerProcess;
use crate::process::sync::Unpoisoned;

/// Every site with a note, once.
///
/// The lock is only held to add a site or to copy the list.
static NOTED: PerProcess<Mutex<Vec<&'static Site>>> = PerProcess::new();

impl Site {
    /// Notes why a span of this site is not recorded.
    ///
    /// If `counts` is true, the call is counted, and later calls are noted as well. If it
    /// is false, a bit is set, and the absence need not be noted again.
    pub(crate) fn note(&'static self, absence: Absence, counts: bool) {
        let notes = self.notes();
        if counts {
            // Relaxed: the addition is atomic, and no other memory depends on a count.
            // Spans that are not sampled are counted by their tracer, which knows the
            // reason.
            match absence {
                Absence::Outside => notes.outside.fetch_add(1, Ordering::Relaxed),
                Absence::NoTracer => notes.no_tracer.fetch_add(1, Ordering::Relaxed),
                _ => 0,
            };
        } else {
            // Relaxed: the load is in `Notes::has`. The bit only avoids a second note.
            notes
                .absences
                .fetch_or(1 << absence as u32, Ordering::Relaxed);
        }
        // Relaxed: `fetch_or` is atomic, so exactly one thread finds the bit unset. That
        // thread adds the site. The lock publishes the list.
        let before = notes.told.fetch_or(IS_LISTED, Ordering::Relaxed);
        if before & IS_LISTED == 0 {
            list().lock().unpoisoned().push(self);
        }
    }

    /// Notes that a diagnostic is reported for this site. `diagnostic` is its number.
    /// Returns true if it was not reported for this site before.
    pub(crate) fn tell(&self, diagnostic: u32) -> bool {
        // A number above 30 would share the bit of another diagnostic, but never
        // `IS_LISTED`.
        //
        // Relaxed: as above, exactly one thread finds the bit unset and reports the
        // diagnostic. The report reads no memory that this bit would have to publish.
        let bit = 1 << (diagnostic % IS_LISTED.trailing_zeros());
        self.notes().told.fetch_or(bit, Ordering::Relaxed) & bit == 0
    }

    /// Returns every site with a note.
    pub(crate) fn noted() -> Vec<&'static Self> {
        let noted = list().lock().unpoisoned();
        noted.clone()
    }

    /// Clears the absences of all noted sites, so that they are noted again. The caller
    /// does this when counting begins. Also resets the counts, unless `keeps_counts` is
    /// true.
    pub(crate) fn forget_notes(keeps_counts: bool) {
        // Relaxed: the other accesses are in `note`. A note or count that another thread
        // writes at the same time may be kept or lost. Either result is correct.
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
/// The child of a `fork` begins with a copy of its parent's list. If another thread held
/// the lock during the fork, the list begins empty. The parent's sites still have
/// `IS_LISTED` set, so the child does not add them again. The doctor in the child then
/// does not name those that never recorded a span.
fn list() -> &'static Mutex<Vec<&'static Site>> {
    NOTED.get(|parents| {
        let list = parents.and_then(|parents| parents.try_lock().ok());
        Mutex::new(list.map(|list| list.clone()).unwrap_or_default())
    })
}
