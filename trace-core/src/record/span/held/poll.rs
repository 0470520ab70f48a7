//! Polls of the holder of a span.
//!
//! The holder has the span by `&mut`. So during a poll, no other thread can call a function of
//! the span, although some may have entered it before. The poll uses the life, like that of a
//! future. At its end it writes the result to `Visits`, which other threads read.
//!
//! The body cannot poll the same span again, which would need a second `&mut`. Polls of other
//! spans nest as in any future.

use std::mem::ManuallyDrop;
use std::task::Poll;

use super::held_span::HeldSpan;
use super::visits::Visits;
use crate::process::sync::Unpoisoned;
use crate::record::scope::{Entered, Scope};
use crate::record::span::life::{Opening, SpanLife};
use crate::record::thread;
use crate::value::{Baggage, Outcome};

/// The opening of a held span for its life. The span is already open, so nothing is written.
struct IsOpen<'a>(&'a Baggage);

impl Opening for IsOpen<'_> {
    // This is never called, because the life of a held span has begun. If it were, it would
    // return no span.
    fn open(self) -> (u64, u64) {
        (0, thread::span())
    }

    fn baggage(&self) -> Option<&Baggage> {
        Some(self.0)
    }
}

impl HeldSpan {
    /// Runs one poll of the holder within the span. The span ends if `ends` returns an outcome
    /// for the ready value.
    ///
    /// If `poll` or `ends` panics, the span ends as panicked, and the panic continues.
    pub(crate) fn poll<T>(
        &mut self,
        poll: impl FnOnce() -> Poll<T>,
        ends: impl FnOnce(&T) -> Option<Outcome>,
    ) -> Poll<T> {
        // The span has ended, or belongs to the parent process. The body runs without it.
        if self.visits.has_ended() || self.is_foreign() {
            return poll();
        }
        // The span was entered and not left: without a guard, or the guard was forgotten. The
        // life does not know about that visit, so this poll is another visit.
        if self.visits.has_visits() {
            return self.poll_in_visit(poll, ends);
        }
        // An earlier visit has moved the span. It could not change the life, which only the
        // holder may change.
        if self.visits.has_moved() {
            self.life.set_moved();
        }
        let opening = IsOpen(&self.baggage);
        // No lock is needed: `&mut` proves that no other thread has the scope.
        let own = self.own.as_mut().map(|own| {
            let own = own.get_mut();
            own.unpoisoned()
        });
        // The own scope is entered before the span becomes current in it, and left after that,
        // in `Polled::leave`. An empty scope is in use or has ended, so it is not entered.
        let polling = Polled {
            life: &mut self.life,
            visits: &self.visits,
            own: own.filter(|own| own.is_recording()).map(Scope::enter),
        };
        // The life leaves the span, even if the body unwinds. In that case `polling` is
        // dropped afterwards and does the rest.
        let polled = polling.life.poll(opening, poll, ends);
        polling.end();
        polled
    }

    /// Runs a poll if the span was entered and not left.
    #[cold]
    fn poll_in_visit<T>(
        &self,
        poll: impl FnOnce() -> Poll<T>,
        ends: impl FnOnce(&T) -> Option<Outcome>,
    ) -> Poll<T> {
        // Saved before the span is entered. At `leave`, the top of the stack may differ,
        // because the body may have entered scopes and kept them.
        let around = (thread::scope(), thread::span());
        let is_entered = self.enter();
        // Made before the body runs, so that the span is left on every exit.
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

/// A poll of the holder while another visit is open, on this thread or another. If the poll
/// unwinds, the span has panicked.
struct PolledInVisit<'a> {
    /// The span that is polled.
    span: &'a HeldSpan,
    /// Whether the poll has entered the span and has to leave it.
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
            // Spans that the body has entered and not left must not be current after the poll.
            // This applies only in the same scope: a scope that the body has kept entered
            // keeps running.
            if thread::scope() == self.around.0 {
                thread::set_span(self.around.1);
            }
        }
        // This comes after the visit, so that the end does not wait for this thread's own
        // visit. If other threads are in the span, the last of them writes the end.
        if let Some(outcome) = self.outcome {
            self.span.end(outcome, None);
        }
    }
}

/// A poll of the holder while no visit is open. It writes the result of the poll to `visits`,
/// even if the body unwinds.
struct Polled<'a> {
    life: &'a mut SpanLife,
    visits: &'a Visits,
    /// The span's own scope, which is entered for this poll. It ends with the span.
    own: Option<Entered<'a>>,
}

impl Polled<'_> {
    /// Ends a poll that has not unwound. Inlined, so that its values are in registers. `leave`
    /// takes the scope out, so the rest needs no drop.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn end(self) {
        ManuallyDrop::new(self).leave();
    }

    /// Writes the result of the poll to `visits`, and leaves the span's own scope, which ends
    /// with the span.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn leave(&mut self) {
        if self.life.is_off() {
            // The scope comes first, so that its last piece is handed over before another
            // thread can see that the span has ended.
            if let Some(own) = self.own.take() {
                own.end();
            }
            self.visits.set_ended();
        } else if self.life.has_moved() {
            // Written only if it is not set, because other threads read this word.
            if !self.visits.has_moved() {
                self.visits.set_moved();
            }
        } else {
            // The life has come back and has written the order. Only the flag must be cleared.
            self.visits.come_back();
        }
        // The span and its scope continue. The scope is put back for other threads.
        drop(self.own.take());
    }
}

impl Drop for Polled<'_> {
    #[cold]
    fn drop(&mut self) {
        self.leave();
    }
}
