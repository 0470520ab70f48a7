//! Children of a `fork` while a collector of the parent sends.
//!
//! Does not use libtest, because a child does not have its parent's threads.

#![expect(
    clippy::disallowed_methods,
    reason = "servers have threads, and waits are bounded"
)]

#[cfg(unix)]
mod children;
#[cfg(unix)]
#[expect(dead_code, reason = "shared with the other tests")]
mod server;
#[cfg(unix)]
#[expect(dead_code, reason = "shared with the other tests")]
mod spans;

#[cfg(unix)]
fn main() {
    use std::time::Duration;

    use children::{fork, wait};
    use server::{Server, Step, status};
    use trace_core::Tracer;

    let server = Server::new((0..40).map(|round| match round % 3 {
        0 => Step::Answer(status(503)),
        _ => Step::Answer(server::ok()),
    }));
    let collector = spans::to(&server).build().unwrap();
    let tracer = Tracer::builder("parent")
        .collector(collector.clone())
        .scheduled_delay(Duration::from_millis(1))
        .build()
        .unwrap();
    let mut parents = Some((tracer, collector));
    let mut children = Vec::new();
    for round in 0..30_u64 {
        for _ in 0..20 {
            let (tracer, _) = parents.as_ref().unwrap();
            tracer.root("of the parent").run_sync(|| ());
        }
        // At any moment of a request.
        std::thread::sleep(Duration::from_micros(round * 97));
        children.extend(fork(|| {
            // Exits while it has a copy of the parent's collector.
            if round % 3 == 0 {
                drop(parents.take());
                return 0;
            }
            // Its own tracer sends its own spans.
            let collector = spans::to(&server).build().unwrap();
            let own = Tracer::builder("child")
                .collector(collector.clone())
                .build()
                .unwrap();
            own.root("of the child").run_sync(|| ());
            own.root("of the child").run_sync(|| ());
            let is_complete = own.shutdown(spans::LONG).is_complete;
            let stats = spans::check(&collector);
            i32::from(!(is_complete && stats.spans_exported == 2))
        }));
    }
    let (tracer, collector) = parents.unwrap();
    let report = tracer.shutdown(spans::LONG);
    assert!(report.is_complete, "{report:?}");
    let stats = spans::check(&collector);
    assert_eq!(stats.spans_exported, 30 * 20);
    for child in children {
        assert_eq!(wait(child), 0);
    }
    println!("30 children: {stats:?}");
}

#[cfg(not(unix))]
fn main() {}
