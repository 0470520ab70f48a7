//! The part of a recorded trace that runs in this process.
//!
//! It decides when the trace is complete here: it counts the open scopes and the spans that
//! outlive their scope. The recorded entries are in the streams of the scopes.
//!
//! Its atomics are accessed once for each scope and for each span that moved, and never for a
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
    /// Then its end must be reported.
    is_known: AtomicBool,
    /// The number of open scopes times [`SCOPE`], plus the *strays*. These are the spans that
    /// were open when their scope ended, minus the spans that ended outside their own scope.
    ///
    /// It is zero if and only if nothing of the trace can be recorded any more. Only code in a
    /// counted scope or span can open another one. The number of strays may be negative while
    /// the scope of a moved span is still open.
    open: AtomicI64,
    /// How often a span of the trace has come back to its own scope or has had overlapping
    /// visits. It orders the entries of a span in several scopes.
    returns: AtomicU64,
    /// Scopes that handed over while their spans were open, and continue.
    homes: Mutex<Vec<Arc<Home>>>,
}

/// One scope in [`LocalTrace::open`]. Strays are in the lower half, and may be negative. The
/// sums are exact below two billion strays.
const SCOPE: i64 = 1 << 32;

impl LocalTrace {
    /// Makes a trace with one open scope, which has this number.
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

    /// Turns an ended trace into another trace with one open scope. It has no homes, because
    /// all of its scopes have ended.
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

    /// Returns the order of the entries of a visit that begins now. They come after all
    /// earlier entries of the span's own scope.
    pub(in crate::record) fn order_of_visit(&self) -> u32 {
        // Relaxed. The partner is the `fetch_add` in `order_after_visits`. A thread learns
        // that the span has moved, or is back, through a wake-up or `Visits`, which
        // synchronize. So this thread sees every return that came before the visit.
        order(self.returns.load(Ordering::Relaxed))
    }

    /// Returns the order of the next entries of a span in its own scope. They come after all
    /// visits so far.
    pub(in crate::record) fn order_after_visits(&self) -> u32 {
        // Relaxed. The partner is the load in `order_of_visit`, which explains why the visits
        // of one span are ordered. The addition makes the numbers unique.
        order(self.returns.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Locks the homes of this trace. The lock is held briefly, and no other lock is taken
    /// meanwhile.
    fn homes(&self) -> MutexGuard<'_, Vec<Arc<Home>>> {
        self.homes.lock().unpoisoned()
    }

    /// Turns a running scope into a home. Ends of its spans can be left with it until
    /// [`remove_home`](Self::remove_home).
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
    /// The lock on the list is released before the home's own lock is taken.
    ///
    /// # Errors
    ///
    /// If the scope is not a home, or the home [rests or has ended](Home::leave_end). Returns
    /// the end, which the caller writes elsewhere.
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
        // Relaxed. The partner is `close_scope`. The code that opens a scope runs in a counted
        // scope or span, so the count cannot reach zero before this addition. The addition
        // must be atomic, but needs no ordering.
        self.open.fetch_add(SCOPE, Ordering::Relaxed);
    }

    /// Whether nothing remains of the trace once a scope with this many strays has ended. Once
    /// true, it stays true, because only a counted scope or span can open another scope.
    #[inline]
    pub(in crate::record) fn ends_with(&self, strays: i64) -> bool {
        // Acquire: the partner is the release in `close_scope`. If all other scopes have
        // closed, their chunks are in the queue before the end that this scope is about to
        // report.
        self.open.load(Ordering::Acquire) + strays == SCOPE
    }

    /// Tells the queue that nothing of the trace remains, if no piece could: the last scope
    /// had nothing to hand over, or its piece was not taken.
    pub(in crate::record) fn report_end(&self) {
        let part = Part {
            trace: self.head.trace_id(),
            number: self.part,
        };
        self.tracer.queue.end_part(part, self.may_be_known());
    }

    /// Notes that the worker may know of this part of the trace.
    pub(in crate::record) fn set_known(&self) {
        // Relaxed, both. The partner is the load in `may_be_known`, when the end is reported.
        // This is after `close_scope`, whose acquire and release cover this flag. The load
        // comes first, so that threads do not contend for the cache line without need.
        if !self.may_be_known() {
            self.is_known.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the worker may know of this part of the trace. Exact for the last scope.
    pub(in crate::record) fn may_be_known(&self) -> bool {
        // Relaxed: the partner is the store in `set_known`, which explains it.
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

    /// Removes the count of a span that was called. Reports the end of the trace if nothing
    /// else is open.
    pub(in crate::record) fn release_span(&self) {
        // Acquire and release: the partner is `close_scope`. Earlier hand-overs of this thread
        // come before an end that another thread reports. The same holds in reverse if this
        // thread reports the end.
        if self.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.report_end();
            #[cfg(feature = "testing")]
            if let Some(watch) = &self.tracer.watch {
                watch.end(self.part);
            }
        }
    }

    /// Counts a scope that has ended and has handed over everything. Returns whether nothing
    /// remains of the trace. `ends` is the result of [`ends_with`](Self::ends_with).
    #[inline]
    pub(in crate::record) fn close_scope(&self, strays: i64, ends: bool) -> bool {
        if ends {
            // Relaxed: it has no partner. This was the last scope, so no other thread counts
            // in this trace any more, and `reuse_for` has exclusive access.
            self.open.store(0, Ordering::Relaxed);
            return true;
        }
        let change = strays - SCOPE;
        // Release: the partner is the acquire of the last scope, here and in `ends_with`. The
        // hand-overs of this scope come before the end that the last scope reports. Acquire:
        // if this scope reports the end, the hand-overs of the others come before it.
        self.open.fetch_add(change, Ordering::AcqRel) + change == 0
    }
}

/// Limits the number of returns to the range of an entry. After four billion returns, the
/// order of entries is no longer known.
fn order(returns: u64) -> u32 {
    u32::try_from(returns).unwrap_or(u32::MAX)
}
