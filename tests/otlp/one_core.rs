//! A process that has one core.

use trace_core::Tracer;
use trace_otlp::{OtlpCollectorBuilder, Protocol};

use super::server::{Server, Step, status};
use super::spans::{LONG, check, to, to_url};

/// Keeps this thread, and those that it starts, on one core.
fn pin() {
    #[expect(unsafe_code, reason = "std has no face for it")]
    // SAFETY: a set of cores is plain bits, of which zero is none. The calls write and read it
    // by its size, and change nothing but where this thread may run.
    unsafe {
        let size = size_of::<libc::cpu_set_t>();
        let mut cores: libc::cpu_set_t = std::mem::zeroed();
        assert_eq!(libc::sched_getaffinity(0, size, &raw mut cores), 0);
        let most = usize::try_from(libc::CPU_SETSIZE).unwrap();
        let first = (0..most).find(|core| libc::CPU_ISSET(*core, &cores));
        libc::CPU_ZERO(&mut cores);
        libc::CPU_SET(first.unwrap(), &mut cores);
        assert_eq!(libc::sched_setaffinity(0, size, &raw const cores), 0);
    }
    let cores = std::thread::available_parallelism().unwrap();
    assert_eq!(cores.get(), 1);
}

/// Traces from a runtime with two threads, and flushes from within.
fn sends_all(builder: OtlpCollectorBuilder) {
    let collector = builder.build().unwrap();
    let tracer = Tracer::builder("shop")
        .collector(collector.clone())
        .shutdown_timeout(LONG)
        .build()
        .unwrap();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let tracer = tracer.clone();
                tokio::spawn(async move {
                    for _ in 0..25 {
                        tracer.root("order").run(tokio::task::yield_now()).await;
                    }
                    assert!(tracer.flush(LONG).is_complete);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert!(tracer.shutdown(LONG).is_complete);
    assert_eq!(check(&collector).spans_exported, 100);
}

#[test]
fn one_core_sends_all_over_http() {
    pin();
    let server = Server::new([Step::Answer(status(503))]);
    sends_all(to(&server));
}

#[test]
fn one_core_sends_all_over_grpc() {
    pin();
    let server = super::grpc::server::Server::new([]);
    sends_all(to_url(&server.url()).protocol(Protocol::Grpc));
    assert_eq!(server.spans_seen(), 100);
}
