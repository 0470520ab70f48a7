//! Programs with one mistake each, which `it/diagnostics.rs` runs to see what is said.

mod ends;
mod every_loss;
mod listeners;

use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use tokio::time::sleep;
use trace_core::{
    Collector, CollectorError, SpanBatch, Tracer, TracerGuard, diagnostics, span, trace_root,
    traced,
};

#[trace_root]
async fn request() {}

#[trace_root]
async fn order() {
    tokio::spawn(send_mail()).await.unwrap();
}

#[traced]
async fn send_mail() {}

#[trace_root]
async fn whole_order() {
    tokio::task::spawn_blocking(bill).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(ship());
    tasks.join_next().await.unwrap().unwrap();
    let thread = std::thread::Builder::new().spawn(pack).unwrap();
    thread.join().unwrap();
}

#[traced]
fn bill() {}

#[traced]
async fn ship() {}

#[traced]
fn pack() {}

#[trace_root]
async fn whole_program() {
    let _tracing = install();
    request().await;
}

#[trace_root]
async fn leaves_mail_open() {
    trace_core::spawn(slow_mail());
}

#[traced]
async fn slow_mail() {
    // Its scope hands over between these, so that its beginning is known.
    for _ in 0..20 {
        sleep(Duration::from_millis(10)).await;
    }
    std::future::pending::<()>().await;
}

#[traced]
fn work() {}

/// Six places.
#[traced]
mod places {
    pub fn one() {}
    pub fn two() {}
    pub fn three() {}
    pub fn four() {}
    pub fn five() {}
    pub fn six() {}
    pub fn seven() {}
}

/// A collector whose peer does not answer.
struct Refused;

impl Collector for Refused {
    fn collect(&self, _: &SpanBatch<'_>) {}

    fn name(&self) -> &str {
        "otlp"
    }

    fn flush(&self, _: Duration) -> Result<(), CollectorError> {
        Err(CollectorError::new("connection refused").with_lost_spans(1))
    }
}

/// One that panics.
struct Panics;

impl Collector for Panics {
    fn collect(&self, _: &SpanBatch<'_>) {
        std::panic::resume_unwind(Box::new("a panic that is not printed"));
    }

    fn name(&self) -> &str {
        "panics"
    }
}

/// One that takes longer than the shutdown waits.
struct Slow;

impl Collector for Slow {
    fn collect(&self, _: &SpanBatch<'_>) {
        std::thread::sleep(Duration::from_millis(600));
    }

    fn name(&self) -> &str {
        "slow"
    }
}

/// Eight places.
const ROOTS: [fn(); 8] = [
    || trace_core::root("one").run_sync(|| {}),
    || trace_core::root("two").run_sync(|| {}),
    || trace_core::root("three").run_sync(|| {}),
    || trace_core::root("four").run_sync(|| {}),
    || trace_core::root("five").run_sync(|| {}),
    || trace_core::root("six").run_sync(|| {}),
    || trace_core::root("seven").run_sync(|| {}),
    || trace_core::root("eight").run_sync(|| {}),
];

/// Another thread has the standard error locked for good, while there is something to say.
fn stderr_is_locked() {
    let tracing = install();
    let open = trace_core::root("open").start();
    let (lock, is_locked) = channel();
    let locks = move || {
        let _locked = std::io::stderr().lock();
        lock.send(()).unwrap();
        wait_for_ever()
    };
    std::thread::Builder::new().spawn(locks).unwrap();
    is_locked.recv().unwrap();
    #[expect(clippy::disallowed_methods, reason = "a wait is what is tested")]
    let begin = Instant::now();
    drop(tracing);
    assert!(begin.elapsed() < Duration::from_secs(10));
    drop(open);
}

fn wait_for_ever() -> ! {
    loop {
        std::thread::park();
    }
}

/// What waits for ever is a failure, and not a test that does.
fn abort_if_it_hangs() {
    let abort = || {
        std::thread::sleep(Duration::from_secs(30));
        std::process::abort();
    };
    std::thread::Builder::new().spawn(abort).unwrap();
}

fn install() -> TracerGuard {
    let builder = Tracer::builder("shop").collector(());
    builder.install().unwrap() // Every other one.
}

#[tokio::main]
async fn main() {
    abort_if_it_hangs();
    let mistake = std::env::args().nth(1).unwrap_or_default();
    match mistake.as_str() {
        "no_tracer" => {
            request().await;
            request().await;
        }
        "guard_dropped" => {
            #[expect(let_underscore_drop, reason = "that is the mistake")]
            let _ = Tracer::builder("shop").collector(()).install().unwrap();
            request().await;
            work();
        }
        "spawned" => {
            let _tracing = install();
            order().await;
            order().await;
        }
        "spawned_otherwise" => {
            let _tracing = install();
            whole_order().await;
        }
        "no_collector" => {
            let _tracing = Tracer::builder("quiet").install().unwrap();
            let _other = Tracer::builder("as quiet").build().unwrap();
            request().await;
        }
        "no_root" => {
            let _tracing = install();
            work();
        }
        "main_is_root" => whole_program().await,
        "still_open" => {
            let tracing = Tracer::builder("shop")
                .scheduled_delay(Duration::from_millis(20))
                .collector(Refused)
                .install()
                .unwrap();
            leaves_mail_open().await;
            sleep(Duration::from_millis(150)).await;
            // In a scope that has handed nothing over.
            let held = trace_core::root("held").start();
            drop(tracing);
            drop(held);
        }
        "failed_export" => {
            let _tracing = Tracer::builder("shop")
                .collector(Refused)
                .install()
                .unwrap();
            request().await;
        }
        "lost_before" => {
            let tracing = Tracer::builder("shop")
                .max_queue_spans(2)
                .scheduled_delay(Duration::from_secs(60))
                .collector(Panics)
                .on_demand()
                .install()
                .unwrap();
            for _ in 0..5 {
                request().await;
            }
            drop(tracing);
        }
        "late" => {
            let _tracing = Tracer::builder("shop")
                .collector(Slow)
                .collector(())
                .shutdown_timeout(Duration::from_millis(100))
                .install()
                .unwrap();
            request().await;
        }
        "asking_error" => ends::asking_error(true).await,
        "panicking_error" => ends::asking_error(false).await,
        "hangs_at_the_end" => ends::hangs_at_the_end().await,
        "ended_by_a_collector" => ends::ended_by_a_collector().await,
        "every_loss" => every_loss::run().await,
        "attached" => {
            let tracer = Tracer::builder("shop").collector(()).build().unwrap();
            let server = async { tokio::spawn(request()).await.unwrap() };
            tracer.attach(server).await;
        }
        "many" => {
            let _tracing = install();
            places::one();
            places::two();
            places::three();
            places::four();
            places::five();
            places::six();
            places::seven();
        }
        "silenced" => {
            diagnostics::silence();
            request().await;
        }
        "losses_alone" => {
            diagnostics::set_level(diagnostics::Level::Losses);
            let _tracing = Tracer::builder("shop")
                .collector(Refused)
                .install()
                .unwrap();
            work();
            request().await;
        }
        "hostile_listener" => {
            diagnostics::listen(|said| {
                eprintln!("heard {:?}", said.kind);
                span::in_span("in the listener", work);
                std::panic::resume_unwind(Box::new("the listener panics"));
            });
            request().await;
        }
        "many_without_tracer" => ROOTS.iter().for_each(|root| root()),
        "stderr_is_locked" => stderr_is_locked(),
        "listener_with_a_tracer" => listeners::with_a_tracer(),
        "listener_that_begins_a_root" => listeners::that_begins_a_root(),
        "listener_that_replaces_itself" => listeners::that_replaces_itself(),
        "fine" => {
            let _tracing = install();
            request().await;
        }
        other => panic!("unknown mistake {other:?}"),
    }
}
