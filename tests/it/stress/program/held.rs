//! Held spans and their model, which implements the documentation of [`trace_core::OpenSpan`]
//! in the simplest way.

mod acts;

use std::sync::{Mutex, MutexGuard};
use std::thread::ThreadId;

use trace_core::{OpenSpan, Outcome, SpanKind, span};

pub(super) use acts::{act, leave_above, leave_all};

use super::model::{REFUSED, Start, World};
use super::place::{self, Around, At, Place, new_scope};

/// A held span and its model.
pub(super) struct Held {
    world: World,
    /// `None` once it was converted to an entered span.
    real: Option<OpenSpan>,
    number: usize,
    model: Mutex<Model>,
}

#[derive(Clone)]
struct Model {
    span: Spanned,
    /// The scope in which it began.
    home: u64,
    /// Whether the span owns its home and the home is not entered.
    own_waits: bool,
    has_ended: bool,
    /// The number of visits, on all threads.
    inside: usize,
    /// The threads that have entered it with a guard.
    guards: Vec<ThreadId>,
}

/// The kind of a held span.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spanned {
    Nothing,
    Refused,
    Recorded(usize),
}

impl Held {
    /// Starts a span below the current one, or a root.
    fn start(world: &World) -> Self {
        let (start, way) = (world.choose(5), world.choose(2));
        let start = match start {
            0 => Start::Refused,
            1 => Start::Root,
            _ => Start::Here,
        };
        let surrounding = place::around();
        let span = match (world.open(start), start) {
            (Some(span), _) => Spanned::Recorded(span),
            (None, Start::Refused) => Spanned::Refused,
            (None, _) if surrounding == Around::Refused => Spanned::Refused,
            (None, _) => Spanned::Nothing,
        };
        let real = match start {
            Start::Root => world.tracer.root("span").start(),
            Start::Refused => world.tracer.root(REFUSED).start(),
            _ if way == 0 => span::start("span"),
            _ => span::build("span").kind(SpanKind::Client).start(),
        };
        let home = match start {
            Start::Here => place::scope(),
            _ => new_scope(),
        };
        let held = Self {
            world: world.clone(),
            real: Some(real),
            number: usize::try_from(new_scope()).unwrap(),
            model: Mutex::new(Model {
                span,
                home,
                own_waits: start == Start::Root,
                has_ended: false,
                inside: 0,
                guards: Vec::new(),
            }),
        };
        if let Spanned::Recorded(span) = span {
            held.tag("span", i64::try_from(span).unwrap());
            let id = held.real().context().unwrap().span_id;
            world.state().ids.insert(id, span);
        }
        held
    }

    fn real(&self) -> &OpenSpan {
        self.real.as_ref().unwrap()
    }

    fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap()
    }

    /// Returns the span if it can be written to. Otherwise counts the loss.
    fn says(&self) -> Option<usize> {
        let model = self.model().clone();
        let Spanned::Recorded(span) = model.span else {
            return None;
        };
        if model.has_ended {
            self.world.state().unattached += 1;
            return None;
        }
        Some(span)
    }

    fn tag(&self, key: &str, value: i64) {
        self.real().add_tag(key, value);
        if let Some(span) = self.says() {
            self.world.say(span, None, key, value);
        }
    }

    fn log(&self, message: String) {
        self.real().add_log(&message);
        if let Some(span) = self.says() {
            self.world.state().spans[span].logs.push(message);
        }
    }

    /// The model of entering. Returns whether it had an effect.
    fn enter(&self) -> bool {
        let mut model = self.model();
        if model.has_ended || model.span == Spanned::Nothing {
            return false;
        }
        let around = self.around(&model);
        match around {
            Around::Span(place) if model.home == place::scope() => {
                place::enter_home(self.number, place);
            }
            _ if std::mem::take(&mut model.own_waits) => {
                place::enter_scope(Some(self.number), model.home, around);
            }
            _ => place::enter_scope(Some(self.number), new_scope(), around),
        }
        model.inside += 1;
        true
    }

    fn around(&self, model: &Model) -> Around {
        match model.span {
            Spanned::Recorded(span) => Around::Span(Place {
                since: Some(self.world.tick()),
                ..Place::own(span)
            }),
            _ => Around::Refused,
        }
    }

    /// The model of leaving. Returns whether it had an effect.
    fn leave(&self) -> bool {
        let left = place::leave(self.number);
        let mut model = self.model();
        if left == Some(model.home) {
            model.own_waits = true;
        }
        if left.is_some() {
            model.inside -= 1;
            self.settle(&model);
        }
        left.is_some()
    }

    /// The model of an end.
    fn end(&self, outcome: Outcome) {
        while self.leave() {}
        let mut model = self.model();
        let has_ended = std::mem::replace(&mut model.has_ended, true);
        if let Spanned::Recorded(span) = model.span
            && !has_ended
        {
            self.world.end(Some(span), outcome);
            self.settle(&model);
        }
    }

    /// Settles a span that has ended and was left by all threads. It can no longer be written
    /// to.
    fn settle(&self, model: &Model) {
        if let Spanned::Recorded(span) = model.span
            && model.has_ended
            && model.inside == 0
        {
            self.world.state().settled.insert(span);
        }
    }

    /// Returns where a poll of the holder runs.
    fn at_poll(&self) -> At {
        let mut model = self.model();
        if model.has_ended || model.span == Spanned::Nothing {
            return At::Same;
        }
        match self.around(&model) {
            Around::Span(place) if model.home == place::scope() => At::span(place),
            around if std::mem::take(&mut model.own_waits) => At::scope(model.home, around),
            around => At::scope(new_scope(), around),
        }
    }
}

impl Drop for Held {
    /// The span itself is dropped right after this.
    fn drop(&mut self) {
        // The code that entered it has ended it.
        if self.real.is_none() {
            return;
        }
        self.end(if std::thread::panicking() {
            Outcome::Panicked
        } else {
            Outcome::Cancelled
        });
    }
}
