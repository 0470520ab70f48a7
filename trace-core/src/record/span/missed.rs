//! Finds out why a span is not recorded, and notes it once for each site.
//!
//! This is called on a cold path, if nothing is recorded and the thread is
//! [curious](crate::record::thread::is_curious). It finds the reason, and notes it in the site
//! or in the tracer's table. [`diagnostics`] decides what is reported, and to whom.
//!
//! The functions that this file calls may lock or run a closure of the application. So the
//! thread's stack must not be borrowed, and the needed values are cloned first.

use std::sync::Arc;

use crate::delivery::is_collecting;
use crate::diagnostics::{self, NotSampledBy};
use crate::record::scope::entered;
use crate::record::scope::{Active, Scope, Unsampled};
use crate::record::thread;
use crate::record::trace::TracerCore;
use crate::stream::{Absence, Site};

/// Why nothing is recorded at this moment on this thread.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absent {
    /// For a good reason: a collector runs, the code runs only because something is recorded,
    /// or it is not to be recorded.
    Wanted,
    /// The trace that runs is not sampled.
    Unsampled,
    /// No trace runs. The flag is set if a tracer is current.
    Outside(bool),
}

/// Notes why a span of this site, which would begin here, is not recorded.
///
/// `extern "C"`: see [`life`](crate::record::span::life).
#[cold]
#[inline(never)]
pub(crate) extern "C" fn miss(site: &'static Site) {
    let absent = find_absence();
    let is_news = match absent {
        Absent::Wanted => false,
        Absent::Unsampled => !site.notes().has(Absence::Unsampled),
        Absent::Outside(_) => !site.notes().has(Absence::Outside),
    };
    if !is_news {
        // If misses are counted, each call must be noted. Otherwise the thread loses its
        // curiosity.
        if !diagnostics::is_curious() {
            thread::note_vain_look();
        }
        return;
    }
    // There was something to note, so there may be more.
    thread::note_useful_look();
    match absent {
        Absent::Wanted => {}
        Absent::Unsampled => {
            // Only copied while the stack is borrowed, because the table has a lock, and the
            // last reference to the tracer may be dropped here.
            let refusal = entered::with_running_scope(|scope| match scope.active() {
                Active::Unsampled(unsampled) => Some(copy_refusal(unsampled)),
                _ => None,
            });
            if let Some((tracer, by)) = refusal.flatten().flatten() {
                refuse(site, &tracer, by);
            }
        }
        Absent::Outside(has_tracer) => diagnostics::miss_span(site, has_tracer),
    }
}

/// Like [`miss`], for a poll. Only the first poll of a span is noted.
///
/// It is not a method of the span's life, because the compiler would know less about the life
/// after such a call.
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

/// Counts a refusal in the tracer's table, by site and by who refused. Does nothing in the
/// child of a `fork`, where the lock of the table may be held forever.
fn refuse(site: &'static Site, tracer: &TracerCore, by: NotSampledBy) {
    if !tracer.is_foreign() {
        tracer.queue.chart.refuse(site, by);
    }
}

/// Finds out why nothing is recorded here. Checks for a collector first, because a flush may
/// call one while a scope runs.
fn find_absence() -> Absent {
    if is_collecting() {
        return Absent::Wanted;
    }
    let around = entered::with_running_scope(|scope| {
        // If the scope records, then recording is paused here.
        if scope.is_recorded() {
            return Absent::Wanted;
        }
        match scope.active() {
            Active::Unsampled(unsampled) if unsampled.is_meant() => Absent::Wanted,
            Active::Unsampled(unsampled) if unsampled.tracer().is_some() => Absent::Unsampled,
            Active::Attached(_) => Absent::Outside(true),
            Active::Unsampled(_) | Active::Nothing | Active::Recorded(_) => Absent::Outside(false),
        }
    });
    around.unwrap_or(Absent::Outside(false))
}

/// The tracer of a trace that is not recorded, and who refused it.
fn copy_refusal(unsampled: &Unsampled) -> Option<(Arc<TracerCore>, NotSampledBy)> {
    let tracer = unsampled.tracer()?;
    Some((Arc::clone(tracer), unsampled.refused_by()))
}
