//! The commands of programs for held spans.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::thread::ThreadId;

use trace_core::Outcome;

use super::super::commands::{elsewhere, within};
use super::super::model::World;
use super::super::place::{self, At};
use super::{Held, Spanned};

/// Uses a held span, or starts one.
pub(in super::super) fn act(world: &World) {
    let command = world.choose(20);
    if command <= 3 {
        let held = Arc::new(Held::start(world));
        world.state().held.push(held);
        return;
    }
    let Some(held) = take(world) else {
        return;
    };
    match command {
        4 => held.tag(&format!("tag {}", world.tick()), 1),
        5..=6 => {
            let key = ["key", "other"][world.choose(2)];
            let value = i64::try_from(world.choose(1 << 40)).unwrap();
            held.tag(key, value);
        }
        7 if world.choose(4) == 0 => {
            held.real().record_error("failed");
            let _span = held.says();
        }
        7 => held.log("x".repeat(world.choose(100))),
        8..=9 => by_guard(world, &held),
        10 => enter(world, &held),
        11 if may_exit(&held) => exit(world, &held),
        11 => {}
        12..=15 if !may_end(&held) => {}
        12 => return poll(world, held),
        13 => end(world, &held),
        14 => return drop_one(world, held),
        15 => return entered(world, held),
        16 => {
            world.state().held.push(Arc::clone(&held));
        }
        17..=18 => {
            put_back(world, held);
            return elsewhere(world, act);
        }
        _ => world.check(),
    }
    put_back(world, held);
}

fn take(world: &World) -> Option<Arc<Held>> {
    let mut state = world.state();
    let count = state.held.len();
    if count == 0 {
        return None;
    }
    let index = state.choices.below(count);
    Some(state.held.swap_remove(index))
}

fn put_back(world: &World, held: Arc<Held>) {
    world.state().held.push(held);
}

/// Runs other commands, and sometimes panics.
fn body(world: &World) {
    for _ in 0..world.choose(3) {
        within(world);
    }
    if world.choose(12) == 0 {
        resume_unwind(Box::new("oops"));
    }
}

fn caught<R>(world: &World, body: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => Some(result),
        Err(payload) => {
            world.expect_oops(&*payload);
            None
        }
    }
}

/// Enters a span around other commands.
fn by_guard(world: &World, held: &Arc<Held>) {
    // Other code may take the span meanwhile.
    put_back(world, Arc::clone(held));
    caught(world, || {
        let _in = held.real().enter();
        let _left = ModelGuard::new(held);
        body(world);
    });
    // The span may be gone by now.
    let mut state = world.state();
    let at = state.held.iter().position(|other| Arc::ptr_eq(held, other));
    let other = at.map(|at| state.held.swap_remove(at));
    drop(state);
    drop(other);
}

/// Leaves the span when it is dropped, if it was entered.
struct ModelGuard<'a>(&'a Held, bool);

impl<'a> ModelGuard<'a> {
    fn new(held: &'a Held) -> Self {
        held.model().guards.push(std::thread::current().id());
        Self(held, held.enter())
    }
}

impl Drop for ModelGuard<'_> {
    fn drop(&mut self) {
        self.0.model().guards.pop();
        if self.1 {
            self.0.leave();
        }
    }
}

/// Enters a span until it is left on this thread, or until [`leave_all`].
fn enter(world: &World, held: &Arc<Held>) {
    held.real().enter_unguarded();
    if !held.enter() {
        return;
    }
    let thread = std::thread::current().id();
    let mut state = world.state();
    let mut entered = state.entered.iter_mut();
    match entered.find(|(other, _)| Arc::ptr_eq(held, other)) {
        Some((_, threads)) => threads.push(thread),
        None => state.entered.push((Arc::clone(held), vec![thread])),
    }
}

/// Returns whether the span may end here.
fn may_end(held: &Held) -> bool {
    place::may_leave(held.number)
}

/// Returns whether the last visit on this thread has no guard.
fn may_exit(held: &Held) -> bool {
    let thread = std::thread::current().id();
    let is_guarded = held.model().guards.contains(&thread);
    place::may_leave(held.number) && (!is_guarded || place::visits(held.number) == 0)
}

/// Leaves a span if it was entered without a guard.
fn exit(world: &World, held: &Arc<Held>) {
    held.real().exit();
    held.leave();
    exited(world, held);
}

/// Forgets that a span was entered on this thread.
fn exited(world: &World, held: &Arc<Held>) {
    let thread = std::thread::current().id();
    let mut state = world.state();
    let mut entered = state.entered.iter_mut();
    if let Some((_, threads)) = entered.find(|(other, _)| Arc::ptr_eq(held, other))
        && let Some(at) = threads.iter().position(|other| *other == thread)
    {
        threads.swap_remove(at);
    }
    let free = state
        .entered
        .extract_if(.., |(_, threads)| threads.is_empty());
    let free: Vec<_> = free.collect();
    drop(state);
    drop(free);
}

/// Leaves the spans of other scopes that were entered in a poll. They must not stay entered
/// across an `.await`.
pub(in super::super) fn leave_above(world: &World, at: &At) {
    while let Some(home) = at.home()
        && let Some(above) = place::visitor_above(home)
    {
        let state = world.state();
        let mut entered = state.entered.iter();
        let held = entered.find(|(held, _)| held.number == above);
        let held = held.map(|(held, _)| Arc::clone(held));
        drop(state);
        let Some(held) = held else { return };
        exit(world, &held);
    }
}

/// Leaves all spans that were entered on this thread.
pub(in super::super) fn leave_all(world: &World) {
    let thread = std::thread::current().id();
    loop {
        let state = world.state();
        let mut entered = state.entered.iter();
        let Some((held, _)) = entered.find(|(_, threads)| threads.contains(&thread)) else {
            break;
        };
        let held = Arc::clone(held);
        drop(state);
        exit(world, &held);
    }
}

/// Returns the span if there is no other owner. It may still be entered on this thread, or on
/// any thread if `anywhere` is set.
fn alone(world: &World, held: Arc<Held>, anywhere: bool) -> Option<Held> {
    let thread = std::thread::current().id();
    let mut state = world.state();
    let is_it = |(other, threads): &(Arc<Held>, Vec<_>)| {
        Arc::ptr_eq(&held, other) && (anywhere || threads.iter().all(|other| *other == thread))
    };
    if let Some(at) = state.entered.iter().position(is_it)
        && Arc::strong_count(&held) == 2
    {
        state.entered.swap_remove(at);
    }
    drop(state);
    match Arc::try_unwrap(held) {
        Ok(held) => Some(held),
        Err(held) => {
            put_back(world, held);
            None
        }
    }
}

fn poll(world: &World, held: Arc<Held>) {
    let is_ready = world.choose(2) == 0;
    let outcome = match world.choose(5) {
        0 => None,
        1 => Some(Outcome::Error),
        2 => Some(Outcome::Cancelled),
        _ => Some(Outcome::Ok),
    };
    let threads = entered_by(world, &held);
    let Some(mut held) = alone(world, held, true) else {
        return;
    };
    let mut real = held.real.take().unwrap();
    let before = held.model().clone();
    let is_part = before.span != Spanned::Nothing && !before.has_ended;
    let is_recorded = matches!(before.span, Spanned::Recorded(_));
    let polled = caught(world, || {
        let mut at = At::Same;
        real.poll(
            || {
                at = held.at_poll();
                body(world);
                if is_ready && outcome.is_some() {
                    return Poll::Ready(());
                }
                leave_above(world, &at);
                if is_ready {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            },
            |()| {
                world.tag("ready", 1);
                outcome
            },
        )
    });
    held.model().own_waits = before.own_waits;
    let outcome = match polled {
        None => Some(Outcome::Panicked).filter(|_| is_recorded),
        Some(Poll::Ready(())) => outcome,
        Some(Poll::Pending) => None,
    };
    if let Some(outcome) = outcome.filter(|_| is_part) {
        held.end(outcome);
    }
    held.real = Some(real);
    let held = Arc::new(held);
    if !threads.is_empty() {
        world.state().entered.push((Arc::clone(&held), threads));
    }
    put_back(world, held);
}

fn entered_by(world: &World, held: &Arc<Held>) -> Vec<ThreadId> {
    let state = world.state();
    let mut entered = state.entered.iter();
    let found = entered.find(|(other, _)| Arc::ptr_eq(held, other));
    found
        .map(|(_, threads)| threads.clone())
        .unwrap_or_default()
}

fn end(world: &World, held: &Arc<Held>) {
    let outcome = [
        Outcome::Ok,
        Outcome::Ok,
        Outcome::Error,
        Outcome::Panicked,
        Outcome::Cancelled,
    ][world.choose(5)];
    match outcome {
        Outcome::Ok => held.real().end(),
        outcome => held.real().end_with(outcome),
    }
    held.end(outcome);
}

/// Drops a span if this is its last owner, sometimes with a panic.
fn drop_one(world: &World, held: Arc<Held>) {
    let panics = world.choose(2) == 0;
    let Some(held) = alone(world, held, false) else {
        return;
    };
    if panics {
        caught(world, move || {
            let _held = held;
            resume_unwind(Box::new("oops"))
        });
    }
}

/// Enters a span until its end.
fn entered(world: &World, held: Arc<Held>) {
    let Some(mut held) = alone(world, held, false) else {
        return;
    };
    let Some(real) = held.real.take() else {
        return;
    };
    let ran = caught(world, || {
        let _entered = real.entered();
        held.enter();
        body(world);
    });
    held.end(if ran.is_some() {
        Outcome::Ok
    } else {
        Outcome::Panicked
    });
}
