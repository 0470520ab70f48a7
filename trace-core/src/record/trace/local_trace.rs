//! A recorded trace, as far as it runs in this process.
//!
//! It decides when the trace is complete here: it counts the scopes that are open and the
//! spans that outlive their scope. It does not hold what was recorded; that is in the
//! streams of the scopes.
//!
//! Its atomics are touched once for each scope and for each span that moved, and never for a
//! span that stays in its scope.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::head::Head;
use super::tracer_core::TracerCore;
use crate::process::sync::{AtomicI64, AtomicU64, Mutex, MutexGuard, Unpoisoned};
use crate::record::trace::{Home, SpanEnd};
use crate::stream::decode::Part;

/// A recorded trace, shared by its scopes. Each scope has one reference, and so has each span
/// that was suspended, was called or is held; other spans have none. While the trace has only
/// its first scope, there is no `LocalTrace`.
#[derive(Debug)]
pub(crate) struct LocalTrace {
    pub(in crate::record) tracer: Arc<TracerCore>,
    pub(in crate::record) head: Head,
    /// Which part of the trace this is in this process: the number of its first scope.
    part: u32,
    /// Whether the queue has taken a piece or a report of it, so that the worker may know it.
    /// Then its end must not be forgotten.
    is_known: AtomicBool,
    /// Open scopes times [`SCOPE`], plus *strays*: spans that were open when their
    /// scope ended, less those that ended in another scope than their own.
    ///
    /// Zero if and only if nothing of the trace can be recorded any more: only code in a
    /// counted scope or span can open another one. The number of strays may be negative while
    /// the scope of a span that moved is still open.
    open: AtomicI64,
    /// How often a span of the trace has come back to its own scope or has had overlapping
    /// visits. Orders what is said of a span in several scopes.
    returns: AtomicU64,
    /// Scopes that have handed over while spans of them were open, and continue.
    homes: Mutex<Vec<Arc<Home>>>,
}

/// One scope, as it is counted in [`LocalTrace::open`]. Strays are in the lower half, and
/// may be negative, so sums of both stay exact below two billion strays.
const SCOPE: i64 = 1 << 32;

impl LocalTrace {
    /// Makes a trace with one open scope, its first, of which the number is given.
    pub(in crate::record) fn new(tracer: Arc<TracerCore>, head: Head, scope: u32) -> Self {
        Self {
            tracer,
            head,
            part: scope,
            is_known: AtomicBool::new(false),
            open: AtomicI64::new(SCOPE),
            returns: AtomicU64::new(0),
            homes: Mutex::new(Vec::new()),
        }
    }

    /// Turns a trace that has ended into another one, with one open scope. Its homes are gone,
    /// as all of its scopes have ended.
    #[inline]
    pub(in crate::record) fn reuse_for(&mut self, head: Head, scope: u32) {
        // Plain writes: the caller has the only reference.
        self.head = head;
        self.part = scope;
        self.is_known = AtomicBool::new(false);
        self.open = AtomicI64::new(SCOPE);
        self.returns = AtomicU64::new(0);
    }

    /// Which part of the trace this is.
    pub(in crate::record) const fn part(&self) -> u32 {
        self.part
    }

    /// Returns the order of what is said of a span in a visit that begins now. It comes after
    /// everything that its own scope said before.
    pub(in crate::record) fn order_of_visit(&self) -> u32 {
        // Relaxed. The partner is the `fetch_add` in `order_after_visits`. A thread learns
        // that the span is elsewhere, or is back, by a wake-up or by `Visits`, which
        // synchronize. So this thread sees every return that came before the visit.
        order(self.returns.load(Ordering::Relaxed))
    }

    /// Returns the order of what is said of a span in its own scope from now on. It comes
    /// after all visits up to now.
    pub(in crate::record) fn order_after_visits(&self) -> u32 {
        // Relaxed. The partner is the load in `order_of_visit`. Only the order of returns
        // of one span matters, and its visits are ordered as said there. The addition
        // makes the numbers unique.
        order(self.returns.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Locks the homes of this trace. The lock is held for moments, and nobody who holds it
    /// takes another one.
    fn homes(&self) -> MutexGuard<'_, Vec<Arc<Home>>> {
        self.homes.lock().unpoisoned()
    }

    /// Turns a scope, whose code runs, into a home. Ends of its spans can be left with it from
    /// now on, until [`remove_home`](Self::remove_home).
    pub(in crate::record) fn add_home(&self, scope: u32) -> Arc<Home> {
        let home = Home::new(scope);
        self.homes().push(Arc::clone(&home));
        home
    }

    /// Forgets a home whose scope has ended. Ends that come later are written elsewhere.
    pub(in crate::record) fn remove_home(&self, scope: u32) {
        self.homes().retain(|home| !home.is_home_of(scope));
    }

    /// Leaves the end of a span with its scope.
    ///
    /// The lock on the list is released before the home is asked, which has a lock of its own.
    ///
    /// # Errors
    ///
    /// The scope is no home, or the home [rests or has ended](Home::leave_end). The end comes
    /// back, and the caller writes it elsewhere.
    pub(in crate::record) fn leave_end(&self, scope: u32, end: SpanEnd) -> Result<(), SpanEnd> {
        let homes = self.homes();
        let home = homes
            .iter()
            .find(|home| home.is_home_of(scope))
            .map(Arc::clone);
        drop(homes);
        home.map_or(Err(end), |home| home.leave_end(end))
    }

    /// Counts one more scope.
    pub(in crate::record) fn open_scope(&self) {
        // Relaxed. The partner is `close_scope`. The code that opens a scope runs in a scope
        // or span that is counted, so the count cannot reach zero before this addition. It
        // needs to be atomic, and needs no order.
        self.open.fetch_add(SCOPE, Ordering::Relaxed);
    }

    /// Whether nothing remains of the trace once a scope with this many strays has ended. Once
    /// true, it stays true: only what is counted can open another scope.
    #[inline]
    pub(in crate::record) fn ends_with(&self, strays: i64) -> bool {
        // Acquire: the partner is the release in `close_scope`. If all other scopes have
        // closed, their chunks are in the queue before the end that this scope is about to
        // report.
        self.open.load(Ordering::Acquire) + strays == SCOPE
    }

    /// Tells the queue that nothing of the trace remains, if no piece of a stream has said so:
    /// the last scope had nothing to hand over, or its piece was not taken.
    pub(in crate::record) fn report_end(&self) {
        let part = Part {
            trace: self.head.trace_id(),
            number: self.part,
        };
        self.tracer.queue.end_part(part, self.may_be_known());
    }

    /// Notes that the worker may know of this part of the trace.
    pub(in crate::record) fn set_known(&self) {
        // Relaxed, both. The partner is the load in `may_be_known`, which is made when the end
        // is reported. That comes after `close_scope`, whose acquire and release cover this
        // flag. The load comes first, so that threads do not take the cache line from each
        // other for nothing.
        if !self.may_be_known() {
            self.is_known.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the worker may know of this part of the trace. Exact for the last scope.
    pub(in crate::record) fn may_be_known(&self) -> bool {
        // Relaxed: the partner is the store in `set_known`, which says why.
        self.is_known.load(Ordering::Relaxed)
    }

    /// Returns how many scopes are open, and how many strays there are.
    #[cfg(feature = "testing")]
    pub(in crate::record) fn open_scopes_and_strays(&self) -> (i64, i64) {
        // Acquire: the partner is the release in `close_scope`, as in `ends_with`.
        let open = self.open.load(Ordering::Acquire);
        let scopes = (open + SCOPE / 2).div_euclid(SCOPE);
        (scopes, open - scopes * SCOPE)
    }

    /// Stops holding the trace open for a span that was called and will not begin. Reports the
    /// end of the trace if nothing else is open.
    pub(in crate::record) fn release_span(&self) {
        // Acquire and release: the partner is the same in `close_scope`. What the caller's
        // scope has handed over comes before an end that another thread reports; and the
        // other way round if this thread reports it.
        if self.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.report_end();
            #[cfg(feature = "testing")]
            if let Some(watch) = &self.tracer.watch {
                watch.end(self.part);
            }
        }
    }

    /// Counts a scope that has ended, after it has handed over everything. Returns whether
    /// nothing remains of the trace. `ends` is what [`ends_with`](Self::ends_with) returned.
    #[inline]
    pub(in crate::record) fn close_scope(&self, strays: i64, ends: bool) -> bool {
        if ends {
            // Relaxed: it has no partner. This was the last scope, so no other thread counts
            // in this trace any more, and `reuse_for` has exclusive access.
            self.open.store(0, Ordering::Relaxed);
            return true;
        }
        let change = strays - SCOPE;
        // Release: the partner is the acquire here and in `ends_with`, of the last scope. What
        // this scope has handed over comes before the end that the last one reports. Acquire:
        // the same the other way round, if this one reports it.
        self.open.fetch_add(change, Ordering::AcqRel) + change == 0
    }
}

/// Cuts the number of returns to what an entry can hold. After four billion returns the order
/// of what is said is no longer known.
fn order(returns: u64) -> u32 {
    u32::try_from(returns).unwrap_or(u32::MAX)
}
