//! Polls of what holds a span.
//!
//! The holder has `&mut`: while it polls, no other thread can call a function of the
//! span, though some may have entered it before. So the poll runs on the life like a
//! future's, and at its end `Visits` is told what came of it.

use std::mem::ManuallyDrop;
use std::task::Poll;

use super::held_span::HeldSpan;
use super::visits::Visits;
use crate::process::sync::Unpoisoned;
use crate::record::scope::{Entered, Scope};
use crate::record::span::life::{Opening, SpanLife};
use crate::record::thread;
use crate::value::{Baggage, Outcome};

/// What a held span is opened by: it is open already.
struct IsOpen<'a>(&'a Baggage);

impl Opening for IsOpen<'_> {
    fn open(self) -> (u64, u64) {
        (0, thread::span())
    }

    fn baggage(&self) -> Option<&Baggage> {
        Some(self.0)
    }
}

impl HeldSpan {
    /// Runs one poll of the holder within the span, which ends if `ends` says so of what
    /// is ready.
    pub(crate) fn poll<T>(
        &mut self,
        poll: impl FnOnce() -> Poll<T>,
        ends: impl FnOnce(&T) -> Option<Outcome>,
    ) -> Poll<T> {
        // The span is over: its holder goes on without it.
        if self.visits.has_ended() || self.is_foreign() {
            return poll();
        }
        // Somebody has entered it without leaving it: the general way, by one more visit.
        if self.visits.has_visits() {
            return self.poll_in_visit(poll, ends);
        }
        // A visit elsewhere has moved the span; the life does not know yet.
        if self.visits.has_moved() {
            self.life.set_moved();
        }
        let opening = IsOpen(&self.baggage);
        let own = self.own.as_mut().map(|own| {
            let own = own.get_mut();
            own.unpoisoned()
        });
        let polling = Polled {
            life: &mut self.life,
            visits: &self.visits,
            own: own.filter(|own| own.is_recording()).map(Scope::enter),
        };
        let polled = polling.life.poll(opening, poll, ends);
        polling.end();
        polled
    }

    /// The same where the span is not the holder's alone: somebody has entered it and not
    /// left it.
    #[cold]
    fn poll_in_visit<T>(
        &self,
        poll: impl FnOnce() -> Poll<T>,
        ends: impl FnOnce(&T) -> Option<Outcome>,
    ) -> Poll<T> {
        let around = (thread::scope(), thread::span());
        let is_entered = self.enter();
        let mut polling = PolledInVisit {
            span: self,
            is_entered,
            around,
            outcome: Some(Outcome::Panicked),
        };
        let polled = poll();
        polling.outcome = match &polled {
            Poll::Ready(ready) => ends(ready),
            Poll::Pending => None,
        };
        polled
    }
}

/// A poll of the holder while the span is entered without a guard, here or elsewhere. If
/// it unwinds, the span has panicked.
struct PolledInVisit<'a> {
    /// The span that is polled.
    span: &'a HeldSpan,
    /// Whether the span is current, and so has to be left.
    is_entered: bool,
    /// The scope and the span that were current before.
    around: (u32, u64),
    /// How the span ends with this poll, if it does. Panicked until the poll returns.
    outcome: Option<Outcome>,
}

impl Drop for PolledInVisit<'_> {
    fn drop(&mut self) {
        if self.is_entered {
            self.span.leave();
            // What was entered in the poll and not left is no longer current after it.
            if thread::scope() == self.around.0 {
                thread::set_span(self.around.1);
            }
        }
        if let Some(outcome) = self.outcome {
            self.span.end(outcome, None);
        }
    }
}

/// A poll of the holder. Brings what came of it to where other threads look, also if it
/// unwinds.
struct Polled<'a> {
    life: &'a mut SpanLife,
    visits: &'a Visits,
    /// The span's own scope, which ends with it.
    own: Option<Entered<'a>>,
}

impl Polled<'_> {
    /// Ends a poll that has not unwound: inlined, so that what it needs is in registers.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn end(self) {
        ManuallyDrop::new(self).leave();
    }

    /// Tells `visits` what came of the poll, and leaves the span's own scope, which ends
    /// with the span.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn leave(&mut self) {
        if self.life.is_off() {
            if let Some(own) = self.own.take() {
                own.end();
            }
            self.visits.set_ended();
        } else if self.life.has_moved() {
            if !self.visits.has_moved() {
                self.visits.set_moved();
            }
        } else {
            self.visits.come_back();
        }
        drop(self.own.take());
    }
}

impl Drop for Polled<'_> {
    #[cold]
    fn drop(&mut self) {
        self.leave();
    }
}
