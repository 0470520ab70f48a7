//! Tests the recorder and the collector together: recorded spans become complete traces.

use std::time::Duration;

use expect_test::{Expect, expect};
use trace_core::{
    Clock, IdGenerator, ManualClock, SpanKind, TraceCollector, TraceCollectorOptions, TraceFuture,
    Tracer, TreeOptions, span,
};

use crate::spans::at;

struct Services {
    collector: TraceCollector,
    clock: ManualClock,
}

impl Services {
    fn new(tracers: usize) -> Self {
        let clock = ManualClock::starting_at(at(0));
        let collector = TraceCollector::with_options(TraceCollectorOptions {
            clock: Clock::from(&clock),
            tracers,
            ..TraceCollectorOptions::default()
        });
        Self { collector, clock }
    }

    fn tracer(&self, name: &'static str, seed: u64) -> Tracer {
        Tracer::builder(name)
            .collector(self.collector.clone())
            .clock(Clock::from(&self.clock))
            .ids(IdGenerator::seeded(seed))
            .on_demand()
            .build()
            .unwrap()
    }

    /// Compares the reasons of completion and the trees.
    fn check(&self, expected: Expect) {
        let mut text = String::new();
        for completed in self.collector.completed_traces() {
            assert_eq!(completed.trace.problems(), []);
            let options = TreeOptions {
                services: true,
                ..TreeOptions::compact()
            };
            let tree = completed.trace.tree_with(options);
            text.push_str(&format!("{}:\n{tree}", completed.completion));
        }
        expected.assert_eq(&text);
    }
}

fn flush(tracer: &Tracer) {
    assert!(tracer.flush(Duration::from_secs(9)).errors.is_empty());
}

#[test]
fn a_trace_of_one_tracer_is_complete_when_it_is_delivered() {
    let services = Services::new(1);
    let tracer = services.tracer("shop", 1);
    tracer.root("checkout").run_sync(|| {
        span::in_span("charge", || {
            span::add_tag("order.id", 7);
        });
    });
    flush(&tracer);
    services.check(expect![[r#"
        complete:
        checkout (shop)
        └─ charge (shop)
    "#]]);
}

#[test]
fn a_flush_does_not_complete_what_still_runs() {
    let services = Services::new(1);
    let tracer = services.tracer("shop", 1);
    let mut task = None;
    tracer.root("checkout").run_sync(|| {
        task = Some(Box::pin(async {}.in_span("mail").in_current_trace()));
    });
    flush(&tracer);
    services.clock.advance(Duration::from_secs(30));
    services.collector.tick();
    services.check(expect![""]);
    assert_eq!(services.collector.stats().active_traces, 1);
    drop(task);
    flush(&tracer);
    services.check(expect![[r#"
        complete:
        checkout (shop)
    "#]]);
}

/// Calls another service like an instrumented client.
fn call(server: &Tracer, handle: impl FnOnce()) {
    span::in_span("call", || {
        span::set_kind(SpanKind::Client);
        server
            .root("handle")
            .kind(SpanKind::Server)
            .remote_parent(span::current_context())
            .run_sync(handle);
    });
}

#[test]
fn a_trace_of_several_tracers_is_complete_in_any_order_of_delivery() {
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let services = Services::new(3);
        let tracers = [("frontend", 1), ("gateway", 2), ("data", 3)]
            .map(|(name, seed)| services.tracer(name, seed));
        let [frontend, gateway, data] = &tracers;
        frontend.root("request").run_sync(|| {
            call(gateway, || {
                call(data, || {});
                call(data, || {});
            });
        });
        for index in order {
            services.check(expect![""]);
            flush(&tracers[index]);
        }
        services.check(expect![[r#"
            complete:
            request (frontend)
            └─ call (frontend)
               └─ handle (gateway)
                  ├─ call (gateway)
                  │  └─ handle (data)
                  └─ call (gateway)
                     └─ handle (data)
        "#]]);
    }
}

#[test]
fn traces_that_end_in_one_batch_are_completed_in_the_order_of_their_ends() {
    let services = Services::new(1);
    let tracer = services.tracer("shop", 1);
    tracer.root("longest").run_sync(|| {
        for name in ["a", "b", "c", "d", "e", "f"] {
            tracer.root(name).run_sync(|| {});
        }
    });
    flush(&tracer);
    services.check(expect![[r#"
        complete:
        a (shop)
        complete:
        b (shop)
        complete:
        c (shop)
        complete:
        d (shop)
        complete:
        e (shop)
        complete:
        f (shop)
        complete:
        longest (shop)
    "#]]);
}
