//! Why a span is not recorded, noted once for each site.
//!
//! It is called in a cold way where nothing is recorded and the thread is
//! [curious](crate::record::thread::is_curious). It finds out which of the reasons holds,
//! and notes it in the site or the tracer's table. What is then said to whom is the
//! business of [`diagnostics`].

use std::sync::Arc;

use crate::delivery::is_collecting;
use crate::diagnostics::{self, NotSampledBy};
use crate::record::scope::entered;
use crate::record::scope::{Active, Scope, Unsampled};
use crate::record::thread;
use crate::record::trace::TracerCore;
use crate::stream::{Absence, Site};

/// Why nothing is recorded where this thread is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absent {
    /// There is good reason: a collector runs, or what is there only to be recorded.
    Wanted,
    Unsampled,
    /// Whether there is a tracer around.
    Outside(bool),
}

/// Notes why a span of a site is not recorded that begins here.
///
/// `extern "C"`: see [`life`](crate::record::span::life).
#[cold]
#[inline(never)]
pub(crate) extern "C" fn miss(site: &'static Site) {
    let absent = absent();
    let is_news = match absent {
        Absent::Wanted => false,
        Absent::Unsampled => !site.notes().has(Absence::Unsampled),
        Absent::Outside(_) => !site.notes().has(Absence::Outside),
    };
    if !is_news {
        // Somebody who counts wants to see each call; else the thread loses its
        // curiosity.
        if !diagnostics::is_curious() {
            thread::note_vain_look();
        }
        return;
    }
    // There was something to note: more may come.
    thread::note_useful_look();
    match absent {
        Absent::Wanted => {}
        Absent::Unsampled => {
            let refusal = entered::with_running_scope(|scope| match scope.active() {
                Active::Unsampled(unsampled) => Some(refusal_of(unsampled)),
                _ => None,
            });
            if let Some((tracer, by)) = refusal.flatten().flatten() {
                refuse(site, &tracer, by);
            }
        }
        Absent::Outside(has_tracer) => diagnostics::miss_span(site, has_tracer),
    }
}

/// The same in a poll, of which only the first counts.
///
/// Not a method of the span's life, of which the compiler would know less after it.
#[cold]
#[inline(never)]
pub(in crate::record) extern "C" fn miss_first(site: &'static Site, is_first: bool) {
    if is_first {
        miss(site);
    }
}

/// Notes that a root of a site is not sampled.
#[cold]
#[inline(never)]
pub(crate) fn miss_unsampled(site: &'static Site, scope: &Scope) {
    if let Some(unsampled) = scope.unsampled_trace() {
        let by = unsampled.refused_by();
        if let Some(tracer) = unsampled.tracer() {
            refuse(site, tracer, by);
        }
    }
}

/// Counts a refusal in the table of the tracer, by site and by who refused.
fn refuse(site: &'static Site, tracer: &TracerCore, by: NotSampledBy) {
    if !tracer.is_foreign() {
        tracer.queue.chart.refuse(site, by);
    }
}

/// Finds out why nothing is recorded here.
fn absent() -> Absent {
    if is_collecting() {
        return Absent::Wanted;
    }
    let around = entered::with_running_scope(|scope| {
        if scope.is_recorded() {
            return Absent::Wanted;
        }
        match scope.active() {
            Active::Unsampled(unsampled) if unsampled.tracer().is_some() => Absent::Unsampled,
            Active::Attached(_) => Absent::Outside(true),
            Active::Unsampled(_) | Active::Nothing | Active::Recorded(_) => Absent::Outside(false),
        }
    });
    around.unwrap_or(Absent::Outside(false))
}

/// The tracer of a trace that is not recorded, and who refused it.
fn refusal_of(unsampled: &Unsampled) -> Option<(Arc<TracerCore>, NotSampledBy)> {
    let tracer = unsampled.tracer()?;
    Some((Arc::clone(tracer), unsampled.refused_by()))
}
