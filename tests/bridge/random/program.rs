//! A program: a tree of commands, so that it can be shown and made smaller.
//!
//! Commands name handles and futures by numbers, which count modulo what is there. So a program
//! stays a program when commands are removed.

use super::numbers::Numbers;

pub(super) type Body = Vec<Act>;

/// A command.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// Opens a span of `tracing` below the current one.
    Open,
    /// The same, below a span.
    OpenBelow(usize),
    /// The same, with `parent: None`.
    OpenRoot,
    /// Enters a span of `tracing` by a guard of this body.
    Enter(usize),
    /// Drops a guard of this body.
    Leave(usize),
    InScope(usize, Body),
    /// Handles of spans of `tracing`.
    Clone(usize),
    Drop(usize),
    /// `Span::current()`
    Current,
    Record(usize),
    Event,
    EventIn(usize),
    FollowsFrom(usize, usize),
    /// A function with `#[traced]`.
    Traced(Body),
    /// `span::in_span`
    InSpan(Body),
    /// A root of ours.
    Root(Body),
    /// Starts a span that is held.
    Hold,
    /// Enters and leaves a held span, without a guard.
    EnterHeld(usize),
    LeaveHeld(usize),
    EndHeld(usize),
    DropHeld(usize),
    /// Another thread, which takes over all handles and gives them back.
    Thread {
        carries: bool,
        body: Body,
    },
    /// Several threads at once, each with clones of the handles.
    Together(Vec<Body>),
    /// A task of a runtime with several threads, by `trace_core::spawn`.
    Task(Body),
    /// Makes a future, with clones of the handles.
    Future(Wrapped, Body),
    /// Polls a future, here or on another thread.
    Poll {
        future: usize,
        elsewhere: bool,
    },
    /// Drops a future, here or on another thread.
    Cancel {
        future: usize,
        elsewhere: bool,
    },
    /// Suspends the future. Elsewhere it does nothing.
    Yield,
    /// Unwinds to the nearest `Catch`, thread, task or poll.
    Panic,
    Catch(Body),
}

/// What is around the body of a future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrapped {
    Nothing,
    /// `instrument` with a handle.
    Instrumented(usize),
    /// `in_current_span`
    InCurrentSpan,
    /// An `async fn` with `#[traced]`.
    Traced,
    /// `in_current_trace`
    InCurrentTrace,
}

/// Which commands a program has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    /// Functions and spans of ours.
    pub(super) ours: bool,
    /// `Span::current()`, which a layer cannot answer.
    pub(super) current: bool,
}

/// Makes a program.
pub(super) fn program(seed: u64, words: Words) -> Body {
    let mut writer = Writer {
        numbers: Numbers::new(seed),
        words,
        left: 40,
    };
    let mut body = Vec::new();
    while writer.left > 0 {
        body.extend(writer.body(0, false));
    }
    body
}

struct Writer {
    numbers: Numbers,
    words: Words,
    /// How many commands there may still be.
    left: usize,
}

impl Writer {
    fn body(&mut self, depth: usize, is_async: bool) -> Body {
        let length = 1 + self.numbers.below(7);
        let mut body = Vec::new();
        for _ in 0..length {
            if self.left == 0 {
                break;
            }
            self.left -= 1;
            body.push(self.act(depth, is_async));
        }
        body
    }

    fn which(&mut self) -> usize {
        self.numbers.below(64)
    }

    fn act(&mut self, depth: usize, is_async: bool) -> Act {
        let (which, other) = (self.which(), self.which());
        let is_deep = depth > 4;
        let flat = self.numbers.below(16);
        let choice = self.numbers.below(if is_deep { 16 } else { 32 });
        match choice {
            0..=2 => Act::Open,
            3 => match flat {
                0..=3 => Act::OpenRoot,
                _ => Act::OpenBelow(which),
            },
            4..=5 => Act::Enter(which),
            6 => Act::Leave(which),
            7 => Act::Event,
            8 => match flat {
                0..=4 => Act::Clone(which),
                5..=9 => Act::Drop(which),
                10 => Act::FollowsFrom(which, other),
                11..=12 => Act::EventIn(which),
                _ => Act::Record(which),
            },
            9 if self.words.current => Act::Current,
            10..=11 if self.words.ours => match flat {
                0..=5 => Act::Hold,
                6..=10 => Act::EnterHeld(which),
                11..=13 => Act::LeaveHeld(which),
                14 => Act::EndHeld(which),
                _ => Act::DropHeld(which),
            },
            12 if is_async => Act::Yield,
            12..=13 => Act::Poll {
                future: which,
                elsewhere: flat < 5,
            },
            14 if flat < 4 => Act::Panic,
            14 if flat < 7 => Act::Cancel {
                future: which,
                elsewhere: flat < 5,
            },
            9..=15 => Act::Event,
            16..=19 => Act::InScope(which, self.body(depth + 1, false)),
            20..=22 if self.words.ours => Act::Traced(self.body(depth + 1, false)),
            23 if self.words.ours => Act::InSpan(self.body(depth + 1, false)),
            24 if self.words.ours && flat < 4 => Act::Root(self.body(depth + 1, false)),
            25 if self.words.ours && flat < 8 => Act::Task(self.body(depth + 1, false)),
            25 => Act::Thread {
                carries: self.words.ours && flat < 12,
                body: self.body(depth + 1, false),
            },
            26 if flat < 8 => {
                let bodies = 2 + self.numbers.below(2);
                Act::Together((0..bodies).map(|_| self.body(depth + 1, false)).collect())
            }
            27 => Act::Catch(self.body(depth + 1, false)),
            _ => {
                let wrapped = self.wrapped(which);
                Act::Future(wrapped, self.body(depth + 1, true))
            }
        }
    }

    fn wrapped(&mut self, which: usize) -> Wrapped {
        match self.numbers.below(8) {
            0 => Wrapped::Nothing,
            1 | 2 if self.words.current => Wrapped::InCurrentSpan,
            3 | 4 if self.words.ours => Wrapped::Traced,
            5 if self.words.ours => Wrapped::InCurrentTrace,
            _ => Wrapped::Instrumented(which),
        }
    }
}

/// Calls `try_it` with each program that lacks one command, or has its body instead. Returns the
/// first one for which it returns true.
pub(super) fn smaller(body: &Body, try_it: &mut dyn FnMut(&Body) -> bool) -> Option<Body> {
    for at in 0..body.len() {
        let mut without = body.clone();
        let act = without.remove(at);
        if try_it(&without) {
            return Some(without);
        }
        for (number, inner) in bodies(&act).into_iter().enumerate() {
            let mut unwrapped = without.clone();
            unwrapped.splice(at..at, inner.iter().cloned());
            if try_it(&unwrapped) {
                return Some(unwrapped);
            }
            let found = smaller(inner, &mut |smaller| {
                let mut changed = body.clone();
                replace(&mut changed[at], number, smaller.clone());
                try_it(&changed)
            });
            if let Some(found) = found {
                let mut changed = body.clone();
                replace(&mut changed[at], number, found);
                return Some(changed);
            }
        }
    }
    None
}

fn bodies(act: &Act) -> Vec<&Body> {
    match act {
        Act::InScope(_, body)
        | Act::Traced(body)
        | Act::InSpan(body)
        | Act::Root(body)
        | Act::Thread { body, .. }
        | Act::Task(body)
        | Act::Future(_, body)
        | Act::Catch(body) => vec![body],
        Act::Together(bodies) => bodies.iter().collect(),
        _ => Vec::new(),
    }
}

fn replace(act: &mut Act, number: usize, with: Body) {
    match act {
        Act::InScope(_, body)
        | Act::Traced(body)
        | Act::InSpan(body)
        | Act::Root(body)
        | Act::Thread { body, .. }
        | Act::Task(body)
        | Act::Future(_, body)
        | Act::Catch(body) => *body = with,
        Act::Together(bodies) => bodies[number] = with,
        _ => {}
    }
}
