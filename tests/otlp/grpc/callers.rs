//! Callers with and without a runtime, and the lifetime of the gRPC thread.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::Builder;
use trace_core::{Collector, Tracer};
use trace_otlp::OtlpCollector;
use tracing::subscriber::Interest;

use super::super::spans::{LONG, SHORT, check, collect, wait_until};
use super::server::{Server, Step};
use super::to;

/// A tracer that sends on the thread that flushes.
fn on_demand(collector: &OtlpCollector) -> Tracer {
    let tracer = Tracer::builder("shop").collector(collector.clone());
    tracer.on_demand().build().unwrap()
}

fn record_and_flush(tracer: &Tracer) {
    tracer.root("order").run_sync(|| ());
    assert!(tracer.flush(LONG).is_complete);
}

#[test]
fn any_thread_may_send() {
    let server = Server::new([]);
    let collector = to(&server).build().unwrap();
    let tracer = on_demand(&collector);
    record_and_flush(&tracer);
    let inside = async {
        record_and_flush(&tracer);
        tokio::spawn({
            let tracer = tracer.clone();
            async move { record_and_flush(&tracer) }
        })
        .await
        .unwrap();
    };
    Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(inside);
    let inside = async { record_and_flush(&tracer) };
    let runtime = Builder::new_multi_thread().worker_threads(1).build();
    runtime.unwrap().block_on(inside);
    assert_eq!(check(&collector).spans_exported, 4);
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_collector_may_be_dropped_within_a_runtime() {
    let server = Server::new([]);
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let collector = to(&server).build().unwrap();
        collect(&collector, 3);
        assert_eq!(check(&collector).spans_exported, 3);
    });
    wait_until(|| server.ended() == 1);
}

#[test]
fn a_panic_hook_may_send() {
    static TRACER: Mutex<Option<Tracer>> = Mutex::new(None);

    let server = Server::new([]);
    let collector = to(&server).build().unwrap();
    *TRACER.lock().unwrap() = Some(on_demand(&collector));
    let thread = std::thread::Builder::new().name("panics".to_owned());
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().name() == Some("panics") {
            record_and_flush(TRACER.lock().unwrap().as_ref().unwrap());
        } else {
            usual(info);
        }
    }));
    let thread = thread.spawn(|| panic!("in a hook")).unwrap();
    assert!(thread.join().is_err());
    drop(std::panic::take_hook());
    *TRACER.lock().unwrap() = None;
    assert_eq!(check(&collector).spans_exported, 1);
}

/// Returns how many gRPC threads this process has.
#[cfg(target_os = "linux")]
fn threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")));
    // The system truncates thread names.
    names
        .filter(|name| {
            name.as_ref()
                .is_ok_and(|name| name.trim() == "trace-otlp-grpc")
        })
        .count()
}

/// Runs in its own process, because other tests have such threads.
#[cfg(target_os = "linux")]
#[test]
fn the_thread_ends_with_its_collector() {
    const NAME: &str = "grpc::callers::the_thread_ends_with_its_collector";
    const CHILD: &str = "TRACE_OTLP_TESTS_CHILD";

    if std::env::var_os(CHILD).is_none() {
        let program = std::env::current_exe().unwrap();
        let mut child = std::process::Command::new(program);
        let child = child.args([NAME, "--exact", "--test-threads=1"]);
        let output = child.env(CHILD, "1").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.contains("1 passed"),
            "{said}"
        );
        return;
    }
    let server = Server::new([]);
    let collector = to(&server).build().unwrap();
    assert_eq!(threads(), 0, "it starts with the first call");
    collect(&collector, 3);
    collect(&collector, 3);
    assert_eq!(threads(), 1);
    let clone = collector.clone();
    drop(collector);
    assert_eq!(threads(), 1);
    drop(clone);
    assert_eq!(threads(), 0);

    // This also holds if a server hangs or never existed.
    let server = Server::forever(Step::Hang);
    let nobody = format!("http://{}", super::super::server::Server::nobody());
    for url in [server.url(), nobody] {
        let collector = super::super::spans::to_url(&url)
            .protocol(trace_otlp::Protocol::Grpc)
            .timeout(SHORT);
        let collector = collector.build().unwrap();
        collect(&collector, 3);
        assert_eq!(threads(), 1);
        assert!(collector.shutdown(SHORT).is_err());
        drop(collector);
        assert_eq!(threads(), 0);
    }
}

/// Counts the calls of a gRPC thread.
struct Listener;

static ASKED: AtomicUsize = AtomicUsize::new(0);

impl tracing::Subscriber for Listener {
    fn register_callsite(&self, _: &'static tracing::Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        if std::thread::current().name() == Some("trace-otlp-grpc") {
            ASKED.fetch_add(1, Ordering::Relaxed);
        }
        false
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::Id {
        tracing::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::Id, _: &tracing::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {}

    fn enter(&self, _: &tracing::Id) {}

    fn exit(&self, _: &tracing::Id) {}
}

/// h2 writes to `tracing`, whose subscriber may send through this same collector.
#[test]
fn what_sends_is_not_traced() {
    tracing::subscriber::set_global_default(Listener).unwrap();
    let server = Server::new([]);
    let collector = to(&server).build().unwrap();
    collect(&collector, 3);
    assert_eq!(check(&collector).spans_exported, 3);
    assert_eq!(ASKED.load(Ordering::Relaxed), 0);
}

#[test]
fn a_lane_sends_too() {
    let server = Server::new([]);
    let collector = to(&server).build().unwrap();
    let tracer = Tracer::builder("shop")
        .collector(collector.clone())
        .scheduled_delay(Duration::from_millis(1))
        .build()
        .unwrap();
    for _ in 0..100 {
        tracer.root("order").run_sync(|| ());
    }
    assert!(tracer.shutdown(LONG).is_complete);
    assert_eq!(check(&collector).spans_exported, 100);
    assert_eq!(server.spans_seen(), 100);
}
