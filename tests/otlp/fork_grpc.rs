//! Children of a `fork` while a collector of the parent sends over gRPC.
//!
//! Does not use libtest, because a child does not have its parent's threads.

#![expect(
    clippy::disallowed_methods,
    reason = "servers have threads, and waits are bounded"
)]

#[cfg(unix)]
mod children;
#[cfg(unix)]
mod grpc {
    #[expect(dead_code, reason = "shared with the other tests")]
    pub mod server;
}
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
    use grpc::server::{Server, Step, code, ok};
    use trace_core::Tracer;
    use trace_otlp::Protocol;

    let server = Server::new((0..40).map(|round| match round % 3 {
        0 => Step::Answer(code(14, &[])),
        _ => Step::Answer(ok()),
    }));
    let to = || spans::to_url(&server.url()).protocol(Protocol::Grpc);
    // Has a thread, but does nothing during the forks.
    let idle = to().build().unwrap();
    spans::collect(&idle, 1);
    spans::settle(&idle);
    let collector = to().build().unwrap();
    let tracer = Tracer::builder("parent")
        .collector(collector.clone())
        .scheduled_delay(Duration::from_millis(1))
        .build()
        .unwrap();
    let mut parents = Some((tracer, collector));
    let mut processes = Vec::new();
    for round in 0..30_u64 {
        for _ in 0..20 {
            let (tracer, _) = parents.as_ref().unwrap();
            tracer.root("of the parent").run_sync(|| ());
        }
        // At any moment of a call.
        std::thread::sleep(Duration::from_micros(2_000 + round * 97));
        processes.extend(fork(|| {
            // Exits while it has a copy of the parent's collector, whose thread is not in the
            // child.
            if round % 3 == 0 {
                drop(parents.take());
                return 0;
            }
            // The thread of this collector is not in the child either, and a new one replaces
            // it.
            if round % 3 == 1 {
                spans::collect(&idle, 1);
                let stats = spans::settle(&idle);
                let error = idle.health().last_error.unwrap_or_default();
                let is_late = error.contains("in time");
                return i32::from(stats.spans_exported != 2 || is_late);
            }
            // Its own tracer sends its own spans on its own thread.
            let collector = to().build().unwrap();
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
    for process in processes {
        assert_eq!(wait(process), 0);
    }
    println!("30 children: {stats:?}");
}

#[cfg(not(unix))]
fn main() {}
