//! Polls of what holds a span.
//!
//! The holder has the span by `&mut`: while it polls, no other thread can call a function of
//! the span, though some may have entered it before. So the poll runs on the life, like a
//! future's. At its end it writes what came of it to `Visits`, where other threads look.
//!
//! A body that polls the same span again cannot exist, as it would need a second `&mut`.
//! Polls of other spans nest in it as in any future.

use std::mem::ManuallyDrop;
use std::task::Poll;

use super::held_span::HeldSpan;
use super::visits::Visits;
use crate::process::sync::Unpoisoned;
use crate::record::scope::{Entered, Scope};
use crate::record::span::life::{Opening, SpanLife};
use crate::record::thread;
use crate::value::{Baggage, Outcome};

/// The opening of a held span for its life: the span is open already, so nothing is written.
struct IsOpen<'a>(&'a Baggage);

impl Opening for IsOpen<'_> {
    // Never called: the life of a held span has begun. It returns no span, should it be.
    fn open(self) -> (u64, u64) {
        (0, thread::span())
    }

    fn baggage(&self) -> Option<&Baggage> {
        Some(self.0)
    }
}

impl HeldSpan {
    /// Runs one poll of the holder within the span. The span ends if `ends` returns an
    /// outcome for what is ready.
    ///
    /// If `poll` or `ends` panics, the span ends as panicked, and the panic continues.
    pub(crate) fn poll<T>(
        &mut self,
        poll: impl FnOnce() -> Poll<T>,
        ends: impl FnOnce(&T) -> Option<Outcome>,
    ) -> Poll<T> {
        // The span is over, or belongs to the parent process. The body runs without it.
        if self.visits.has_ended() || self.is_foreign() {
            return poll();
        }
        // Somebody has entered it and not left it: without a guard, or the guard was
        // forgotten. The life knows nothing of that visit, so this poll is one more visit.
        if self.visits.has_visits() {
            return self.poll_in_visit(poll, ends);
        }
        // A visit that is over has moved the span. It could not tell the life, which only
        // the holder changes.
        if self.visits.has_moved() {
            self.life.set_moved();
        }
        let opening = IsOpen(&self.baggage);
        // Without a lock: `&mut` shows that no other thread has the scope.
        let own = self.own.as_mut().map(|own| {
            let own = own.get_mut();
            own.unpoisoned()
        });
        // The own scope is entered before the span becomes current in it, and left after
        // that, in `Polled::leave`. An empty one is not entered: it is in use, or has ended.
        let polling = Polled {
            life: &mut self.life,
            visits: &self.visits,
            own: own.filter(|own| own.is_recording()).map(Scope::enter),
        };
        // The life leaves the span, also if the body unwinds. Then `polling` is dropped
        // after it, and does the rest.
        let polled = polling.life.poll(opening, poll, ends);
        polling.end();
        polled
    }

    /// The same where the holder does not have the span alone: somebody has entered it and
    /// not left it.
    #[cold]
    fn poll_in_visit<T>(
        &self,
        poll: impl FnOnce() -> Poll<T>,
        ends: impl FnOnce(&T) -> Option<Outcome>,
    ) -> Poll<T> {
        // Noted before the span is entered, as `leave` may find something else on top: what
        // the body enters and keeps.
        let around = (thread::scope(), thread::span());
        let is_entered = self.enter();
        // Made before the body runs, so that every exit leaves the span.
        let mut polling = PolledInVisit {
            span: self,
            is_entered,
            around,
            outcome: Some(Outcome::Panicked),
        };
        // If this or `ends` unwinds, the outcome is still `Panicked`.
        let polled = poll();
        polling.outcome = match &polled {
            Poll::Ready(ready) => ends(ready),
            Poll::Pending => None,
        };
        polled
    }
}

/// A poll of the holder while the span is entered without a guard, on this thread or
/// another. If it unwinds, the span has panicked.
struct PolledInVisit<'a> {
    /// The span that is polled.
    span: &'a HeldSpan,
    /// Whether the poll has entered the span, and so has to leave it.
    is_entered: bool,
    /// The scope and the span that were current before.
    around: (u32, u64),
    /// How the span ends with this poll; `None` if it continues. `Panicked` until the poll
    /// has returned.
    outcome: Option<Outcome>,
}

impl Drop for PolledInVisit<'_> {
    fn drop(&mut self) {
        if self.is_entered {
            self.span.leave();
            // What the body has entered and not left is not current after the poll. Only in
            // the same scope: a scope that the body has kept entered stays the running one.
            if thread::scope() == self.around.0 {
                thread::set_span(self.around.1);
            }
        }
        // After the visit, so that the end is not left to this thread's own visit. If others
        // are in the span, the last of them writes it.
        if let Some(outcome) = self.outcome {
            self.span.end(outcome, None);
        }
    }
}

/// A poll of the holder that has the span alone. It brings what came of the poll to where
/// other threads look, also if the body unwinds.
struct Polled<'a> {
    life: &'a mut SpanLife,
    visits: &'a Visits,
    /// The span's own scope, entered for this poll. It ends with the span.
    own: Option<Entered<'a>>,
}

impl Polled<'_> {
    /// Ends a poll that has not unwound. Inlined, so that what it needs is in registers. The
    /// scope is taken out in `leave`, so nothing is lost by not dropping the rest.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn end(self) {
        ManuallyDrop::new(self).leave();
    }

    /// Writes to `visits` what came of the poll, and leaves the span's own scope, which ends
    /// with the span.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn leave(&mut self) {
        if self.life.is_off() {
            // First the scope: its last piece is handed over before another thread can see
            // that the span has ended.
            if let Some(own) = self.own.take() {
                own.end();
            }
            self.visits.set_ended();
        } else if self.life.has_moved() {
            // Only if it is not set: other threads read this word.
            if !self.visits.has_moved() {
                self.visits.set_moved();
            }
        } else {
            // The life has come back, and has written the order. Only the flag is left.
            self.visits.come_back();
        }
        // The span continues, and so does its scope: it goes back to where other threads
        // find it.
        drop(self.own.take());
    }
}

impl Drop for Polled<'_> {
    #[cold]
    fn drop(&mut self) {
        self.leave();
    }
}
