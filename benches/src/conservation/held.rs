//! The commands of the threads for held spans.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use trace_core::{OpenSpan, Outcome, Timestamp, span};

use super::program::{Event, REFUSED, World, leaf, lock, open};
use crate::random::Random;

/// The maximum number of spans that any thread may enter, end or drop.
const MAX_HELD: usize = 2_000;

impl World {
    /// Starts a held span and keeps it within its scope, or moves one elsewhere.
    pub(super) fn hold(&self, random: &mut Random) {
        match random.below(10) {
            0..=2 => self.tracer.root("holds").run_sync(|| {
                open(1);
                self.hold_in_scope(random);
            }),
            3..=4 => self.tracer.root("starts").run_sync(|| {
                open(1);
                let span = start(random);
                leaf(1);
                self.share(span, random);
            }),
            5 => self.start_root(random),
            _ => self.visit(random),
        }
    }

    /// Holds a span that stays in one scope, or two spans that are left in any order.
    fn hold_in_scope(&self, random: &mut Random) {
        let mut span = start(random);
        match random.below(6) {
            0 => span.in_scope(|| leaf(1)),
            1 => {
                let other = start(random);
                span.enter_unguarded();
                other.enter_unguarded();
                leaf(1);
                span.exit();
                leaf(2);
                other.exit();
                other.end();
            }
            2 => {
                let _in = span.entered();
                leaf(1);
                return;
            }
            // Its end leaves it.
            3 => span.enter_unguarded(),
            4 => {
                let panics = AssertUnwindSafe(|| {
                    let _in = span.enter();
                    let _ends = start(random);
                    resume_unwind(Box::new("oops"));
                });
                self.note(Event::Panicked);
                let _panic: Result<(), _> = catch_unwind(panics);
            }
            _ => {
                let _pending = poll(&mut span, None);
                let _ready = poll(&mut span, Some(Outcome::Error));
            }
        }
        if random.chance(80) {
            end(&span, random);
        }
    }

    /// Starts a held root, with spans below it.
    fn start_root(&self, random: &mut Random) {
        if random.chance(10) {
            self.refuse_held();
            return;
        }
        let root = self.tracer.root("held root").start();
        open(1);
        if random.chance(50) {
            let below = root.in_scope(|| {
                leaf(1);
                start(random)
            });
            self.share(below, random);
        }
        self.share(root, random);
    }

    fn refuse_held(&self) {
        self.note_refused();
        let root = self.tracer.root(REFUSED).start();
        root.in_scope(|| span::start("not recorded").end());
        root.end();
    }

    /// Shares a span with all threads, or drops it.
    fn share(&self, span: OpenSpan, random: &mut Random) {
        let mut held = lock(&self.held);
        if held.len() < MAX_HELD {
            held.push(Arc::new(span));
            return;
        }
        drop(held);
        if random.chance(50) {
            span.end();
        }
    }

    /// Uses a span that was started elsewhere. Other threads may use it at the same time.
    fn visit(&self, random: &mut Random) {
        let span = {
            let mut held = lock(&self.held);
            let count = held.len();
            match count {
                0 => return,
                _ if random.chance(60) => Arc::clone(&held[random.below(count)]),
                _ => held.swap_remove(random.below(count)),
            }
        };
        match random.below(4) {
            0 => self.use_held(span, random),
            1 => self.tracer.root("other").run_sync(|| {
                open(1);
                self.use_held(span, random);
                leaf(3);
            }),
            2 => self.tracer.attach_sync(|| self.use_held(span, random)),
            _ => self.refuse(|| self.use_held(span, random)),
        }
    }

    fn use_held(&self, mut span: Arc<OpenSpan>, random: &mut Random) {
        self.note(Event::Visited);
        match random.below(10) {
            0..=1 => span.add_tag("number", random.below(100)),
            2 => (0..9).for_each(|_| span.add_log("x".repeat(4_000))),
            3..=4 => span.in_scope(|| {
                leaf_if_recorded();
                span.add_tag("within", true);
                // It is delivered when all threads have left it.
                if random.chance(30) {
                    self.end_shared(&span, random);
                }
                leaf_if_recorded();
            }),
            5 => span.in_scope(|| {
                if span::is_recording() {
                    self.share(start(random), random);
                }
            }),
            6 => {
                // Its end leaves it, if it was not left before.
                span.enter_unguarded();
                leaf_if_recorded();
                if random.chance(50) {
                    span.exit();
                } else {
                    self.end_shared(&span, random);
                }
            }
            7 => match Arc::get_mut(&mut span) {
                Some(alone) => {
                    for _ in 0..random.below(4) {
                        let _pending = poll(alone, None);
                    }
                    if random.chance(30) {
                        let _ready = poll(alone, Some(Outcome::Ok));
                    }
                }
                None => self.end_shared(&span, random),
            },
            8 => {
                if let Some(span) = Arc::into_inner(span) {
                    let _in = span.entered();
                    leaf_if_recorded();
                }
            }
            _ => self.end_shared(&span, random),
        }
    }

    fn end_shared(&self, span: &OpenSpan, random: &mut Random) {
        self.note(Event::EndedByAny);
        end(span, random);
    }
}

fn start(random: &mut Random) -> OpenSpan {
    open(1);
    if random.chance(20) {
        let described = span::build("described").tag("number", 7);
        return described.started_at(Timestamp::from_unix_nanos(1)).start();
    }
    let span = span::start("held");
    span.add_tag("number", 7);
    span
}

fn end(span: &OpenSpan, random: &mut Random) {
    match random.below(4) {
        0 => span.end_with(Outcome::Error),
        1 => span.end_at(Timestamp::from_unix_nanos(2) + Duration::from_nanos(1)),
        _ => span.end(),
    }
}

fn poll(span: &mut OpenSpan, outcome: Option<Outcome>) -> Poll<()> {
    span.poll(
        || {
            leaf_if_recorded();
            match outcome {
                Some(_) => Poll::Ready(()),
                None => Poll::Pending,
            }
        },
        |()| outcome,
    )
}

/// The span may have ended, and there may be no other span.
fn leaf_if_recorded() {
    if span::is_recording() {
        leaf(4);
    }
}
