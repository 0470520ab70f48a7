//! The commands of a program.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use trace_core::{Outcome, TraceFuture, span, traced};

use super::super::assert_conserved;
use super::Body;
use super::held;
use super::model::{Captured, Goodbye, REFUSED, Start, World, modeled};
use super::place::{self, Around, At, Place, new_scope};
use super::threads::run_once;

#[traced("span")]
async fn child(world: World) -> Result<(), String> {
    modeled(&world, Start::Here, run(world.clone())).await
}

/// A function whose span belongs to the scope of its call.
#[traced("span")]
fn called(world: World) -> impl Future<Output = Result<(), String>> + Send {
    let start = match place::place() {
        Some(place) => Start::Called {
            parent: place.span,
            scope: place::scope(),
        },
        None => Start::Here,
    };
    modeled(&world, start, run(world.clone()))
}

/// A function whose span belongs to the future for which it is called.
#[traced("span")]
fn called_for_another(world: World) -> impl Future<Output = Result<(), String>> + Send {
    let start = match place::place() {
        Some(place) => Start::Called {
            parent: place.span,
            scope: place::scope(),
        },
        None => Start::Here,
    };
    let inner = within_called(world.clone());
    let there = world.clone();
    modeled(&world, start, async move {
        inner.await?;
        run(there).await
    })
}

#[traced("span")]
fn within_called(world: World) -> impl Future<Output = Result<(), String>> + Send {
    modeled(&world, Start::Here, run(world.clone()))
}

/// Executes a random command outside of any span.
pub(super) fn act(world: &World) {
    match world.choose(14) {
        0..=1 => {
            let future = future(world);
            world.state().pool.push(future);
        }
        2..=3 => poll_one(world),
        4 => drop_one(world),
        5 => drop(world.tracer.flush(Duration::ZERO)),
        6..=7 => elsewhere(world, poll_one),
        8 => elsewhere(world, drop_one),
        9..=11 => held::act(world),
        12 => world.check(),
        _ => shut_down(world),
    }
}

/// Executes a random command within a held span.
pub(super) fn within(world: &World) {
    if !world.has_fuel() {
        return;
    }
    match world.choose(12) {
        0 => {
            let future = future(world);
            world.state().pool.push(future);
        }
        1..=2 => poll_one(world),
        3 => drop_one(world),
        4 => in_sync_span(world),
        5 => tag(world),
        6 => world.log("x".repeat(world.choose(300))),
        7 => world.check(),
        8 => elsewhere(world, poll_one),
        _ => held::act(world),
    }
}

fn tag(world: &World) {
    let number = i64::try_from(world.choose(1 << 40)).unwrap();
    match world.choose(4) {
        0 => world.tag(&format!("tag {number}"), number),
        1 => world.tag("other", number),
        _ => world.tag("key", number),
    }
}

/// Makes a future of a random kind.
fn future(world: &World) -> Body {
    let world = world.clone();
    match world.choose(10) {
        8 => Box::pin(called(world)),
        9 => Box::pin(called_for_another(world)),
        0 => {
            let body = modeled(&world, Start::Root, run(world.clone()));
            Box::pin(world.tracer.root("span").run(body))
        }
        // A plain future without a trace.
        1 => Box::pin(run(world)),
        2 => {
            let around = match place::around() {
                Around::Span(place) => Around::Span(Place {
                    is_own: false,
                    ..place
                }),
                around => around,
            };
            let captured = Captured::new(around, run(world));
            Box::pin(captured.in_current_trace())
        }
        3 => {
            let body = modeled(&world, Start::Refused, run(world.clone()));
            Box::pin(world.tracer.root(REFUSED).run(body))
        }
        4 => {
            let attached = Captured::new(Around::Nothing, run(world.clone()));
            Box::pin(world.tracer.attach(attached))
        }
        _ => Box::pin(child(world)),
    }
}

/// Executes random commands until one of them is to return.
fn run(world: World) -> Body {
    Box::pin(async move {
        let mut goodbyes = Vec::new();
        loop {
            if !world.has_fuel() {
                return Ok(());
            }
            match world.choose(26) {
                19..=22 => held::act(&world),
                23 => called(world.clone()).await?,
                24 => world.check(),
                0..=2 => {
                    let mut is_first = true;
                    std::future::poll_fn(|_| match std::mem::take(&mut is_first) {
                        true => Poll::Pending,
                        false => Poll::Ready(()),
                    })
                    .await;
                }
                3 => tag(&world),
                4 => {
                    let length = world.choose(300);
                    world.log("x".repeat(length));
                }
                5..=7 => child(world.clone()).await?,
                8 => {
                    let future = future(&world);
                    world.state().pool.push(future);
                }
                9..=10 => poll_one(&world),
                11 => drop_one(&world),
                12 => in_sync_span(&world),
                13 => match world.choose(8) {
                    0 => return Err("failed".to_owned()),
                    1 => resume_unwind(Box::new("oops")),
                    _ => {
                        let number = i64::try_from(world.choose(1 << 40)).unwrap();
                        goodbyes.push(Goodbye(world.clone(), number));
                    }
                },
                14 if world.state().hazards.cuts => cut(&world),
                14 => assert_conserved(&world.tracer.stats()),
                15 => elsewhere(&world, poll_one),
                16 => elsewhere(&world, drop_one),
                17 => world.fail(),
                18 => shut_down(&world),
                _ => return Ok(()),
            }
        }
    })
}

/// Hands over the running scope, explicitly or by filling its chunk.
fn cut(world: &World) {
    if world.choose(4) == 0 {
        let _report = world.tracer.flush(Duration::ZERO);
    } else {
        let text = "x".repeat(4_000);
        (0..10).for_each(|_| world.log(text.clone()));
    }
}

/// Sometimes shuts the tracer down.
fn shut_down(world: &World) {
    if world.state().hazards.shutdown && world.choose(8) == 0 {
        world.state().is_shut_down = true;
        let _report = world.tracer.shutdown(Duration::ZERO);
    }
    assert_conserved(&world.tracer.stats());
}

/// Calls `what` on another thread, which may then end.
pub(super) fn elsewhere(world: &World, what: fn(&World)) {
    let there = world.clone();
    let thread = std::thread::current().id();
    let job = Box::new(move || {
        what(&there);
        if std::thread::current().id() != thread {
            held::leave_all(&there);
        }
    });
    if world.choose(16) == 0 {
        run_once(job);
    } else {
        world.threads.run(job);
    }
}

fn in_sync_span(world: &World) {
    let start = match world.choose(5) {
        0 => Start::Refused,
        1..=2 => Start::Root,
        _ => Start::Here,
    };
    let body = || {
        let span = world.open(start);
        let at = match (span, start) {
            (_, Start::Refused) => At::scope(new_scope(), Around::Refused),
            (Some(span), Start::Root) => At::scope(new_scope(), Around::Span(Place::own(span))),
            (Some(span), _) => At::span(Place::own(span)),
            (None, _) => At::Same,
        };
        if at.is_new() {
            world.name();
        }
        let polled = catch_unwind(AssertUnwindSafe(|| {
            within(world);
            if world.choose(10) == 0 {
                resume_unwind(Box::new("oops"));
            }
        }));
        drop(at);
        let outcome = if polled.is_ok() {
            Outcome::Ok
        } else {
            Outcome::Panicked
        };
        world.close(span, outcome);
        if let Err(payload) = polled {
            resume_unwind(payload);
        }
    };
    let caught = catch_unwind(AssertUnwindSafe(|| match start {
        Start::Here | Start::Called { .. } => span::in_span("span", body),
        Start::Root => world.tracer.root("span").run_sync(body),
        Start::Refused => world.tracer.root(REFUSED).run_sync(body),
    }));
    if let Err(payload) = caught {
        world.expect_oops(&*payload);
    }
}

fn take_one(world: &World) -> Option<Body> {
    let mut state = world.state();
    let count = state.pool.len();
    if count == 0 {
        return None;
    }
    let index = state.choices.below(count);
    Some(state.pool.swap_remove(index))
}

/// Polls one of the futures in the pool on this thread.
pub(super) fn poll_one(world: &World) {
    let Some(mut future) = take_one(world) else {
        return;
    };
    let mut cx = Context::from_waker(Waker::noop());
    let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut cx)));
    match polled {
        Ok(Poll::Pending) => world.state().pool.push(future),
        Ok(Poll::Ready(_)) => drop(future),
        Err(payload) => {
            drop(future);
            world.expect_oops(&*payload);
        }
    }
}

pub(super) fn drop_one(world: &World) {
    drop(take_one(world));
}
