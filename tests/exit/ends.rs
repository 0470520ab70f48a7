//! The ends of processes.

use std::cell::RefCell;
use std::process::exit;
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex, OnceLock};
use std::thread::{Builder, sleep};
use std::time::Duration;

use trace_core::{
    Collector, CollectorError, SpanBatch, Tracer, TracerBuilder, TracerGuard, collector_fn, span,
};

use super::process::{self, Fork};

/// An end, and what is to be seen of it.
pub(super) struct End {
    pub(super) name: &'static str,
    pub(super) run: fn(),
    pub(super) code: i32,
    /// The lines on standard output, sorted.
    pub(super) says: &'static [&'static str],
    /// Some lines on standard error.
    pub(super) warns: &'static [&'static str],
    /// What it takes at least.
    pub(super) takes: Duration,
}

/// The time of a shutdown that nobody is to wait for.
const LONG: Duration = Duration::from_secs(60);
/// The time of one that is.
const TIMEOUT: Duration = Duration::from_millis(300);
pub(super) const IN_VAIN: Duration = Duration::from_secs(2);

const fn end(name: &'static str, run: fn(), says: &'static [&'static str]) -> End {
    End {
        name,
        run,
        code: 0,
        says,
        warns: &[],
        takes: Duration::ZERO,
    }
}

/// Each names the fact.
pub(super) const ENDS: &[End] = &[
    end(
        "main returns, the guard is in a static",
        in_static,
        &["shutdown", "work"],
    ),
    end(
        "main returns, the guard was forgotten",
        forgotten,
        &["shutdown", "work"],
    ),
    end(
        "main returns, the guard was dropped",
        dropped,
        &["shutdown", "work"],
    ),
    end(
        "main returns while the guard is dropped",
        while_dropped,
        &["shutdown", "work"],
    ),
    End {
        code: 101,
        ..end("main panics", panics, &["shutdown", "work"])
    },
    End {
        code: 3,
        ..end(
            "exit within spans",
            within_spans,
            &["one", "other", "shutdown", "work"],
        )
    },
    End {
        code: 4,
        ..end("exit on another thread", on_a_thread, &["shutdown", "work"])
    },
    End {
        code: 5,
        ..end(
            "exit on two threads at once",
            on_two_threads,
            &["shutdown", "work"],
        )
    },
    End {
        code: 6,
        ..end(
            "exit in the only collector",
            in_the_only_collector,
            &["called"],
        )
    },
    End {
        code: 7,
        ..end("exit in a lane", in_a_lane, &["called", "shutdown", "work"])
    },
    End {
        code: 8,
        ..end(
            "exit in a quick collector",
            in_a_quick_collector,
            &["called", "shutdown", "work"],
        )
    },
    End {
        code: 9,
        ..end(
            "exit in a collector on demand",
            in_a_collector_on_demand,
            &["called"],
        )
    },
    End {
        code: 10,
        takes: TIMEOUT,
        ..end(
            "exit in a collector while main waits",
            while_main_waits,
            &["called"],
        )
    },
    End {
        warns: &["work"],
        ..end("exit with standard output locked", stdout_is_locked, &[])
    },
    End {
        takes: TIMEOUT,
        ..end("exit with a blocked collector", blocked, &[])
    },
    End {
        takes: TIMEOUT,
        ..end(
            "exit with a blocked collector that has standard error locked",
            stderr_is_locked,
            &[],
        )
    },
    End {
        warns: &["work"],
        ..end(
            "exit on demand, thread-locals have gone",
            on_demand,
            &["gone"],
        )
    },
    end(
        "exit in a child of a fork",
        in_a_child,
        &["child's", "shutdown", "shutdown", "within", "work"],
    ),
    end("dropped in vain", in_vain, &["dropped"]),
];

static GUARD: OnceLock<TracerGuard> = OnceLock::new();

fn keep(tracer: TracerBuilder) {
    assert!(GUARD.set(tracer.install().unwrap()).is_ok());
}

fn work() {
    trace_core::root("work").run_sync(|| {});
}

/// Says the names of spans on standard output, and that it was shut down.
struct Says;

impl Collector for Says {
    fn collect(&self, batch: &SpanBatch<'_>) {
        // What is not delivered at once is lost unless somebody waits for it.
        sleep(Duration::from_millis(50));
        for span in batch.spans() {
            println!("{}", span.operation_name());
        }
    }

    fn shutdown(&self, _timeout: Duration) -> Result<(), CollectorError> {
        println!("shutdown");
        Ok(())
    }
}

fn tracer() -> TracerBuilder {
    Tracer::builder("test").shutdown_timeout(LONG)
}

fn in_static() {
    keep(tracer().collector(Says));
    work();
}

fn forgotten() {
    std::mem::forget(tracer().collector(Says).install().unwrap());
    work();
}

fn dropped() {
    let _tracing = tracer().collector(Says).install().unwrap();
    work();
}

fn while_dropped() {
    let tracing = tracer().collector(Says).install().unwrap();
    work();
    let (dropping, is_dropping) = channel();
    let drop_it = move || {
        dropping.send(()).unwrap();
        drop(tracing);
    };
    Builder::new().spawn(drop_it).unwrap();
    is_dropping.recv().unwrap();
}

fn panics() {
    keep(tracer().collector(Says));
    work();
    std::panic::resume_unwind(Box::new("main panics"));
}

fn within_spans() {
    keep(tracer().collector(Says));
    work();
    trace_core::root("outer").run_sync(|| {
        span::in_span("one", || {});
        trace_core::root("inner").run_sync(|| {
            span::in_span("other", || {});
            exit(3);
        });
    });
}

fn on_a_thread() {
    keep(tracer().collector(Says));
    let ends = || {
        work();
        exit(4)
    };
    let thread = Builder::new().spawn(ends).unwrap();
    let _never: Result<(), _> = thread.join();
}

fn on_two_threads() {
    keep(tracer().collector(Says));
    work();
    let barrier = Arc::new(Barrier::new(3));
    for _ in 0..2 {
        let barrier = Arc::clone(&barrier);
        let ends = move || {
            barrier.wait();
            exit(5)
        };
        Builder::new().spawn(ends).unwrap();
    }
    barrier.wait();
    exit(5);
}

/// Ends the process in its first call.
struct Ends(i32);

impl Collector for Ends {
    fn collect(&self, _batch: &SpanBatch<'_>) {
        println!("called");
        exit(self.0)
    }
}

/// The same, on the worker's thread.
struct QuickEnds(Ends);

impl Collector for QuickEnds {
    fn collect(&self, batch: &SpanBatch<'_>) {
        self.0.collect(batch);
    }

    fn is_quick(&self) -> bool {
        true
    }
}

fn wait_for_ever() {
    loop {
        std::thread::park();
    }
}

fn in_the_only_collector() {
    keep(tracer().collector(Ends(6)));
    work();
    wait_for_ever();
}

fn in_a_lane() {
    keep(tracer().collector(Ends(7)).collector(Says));
    work();
    wait_for_ever();
}

fn in_a_quick_collector() {
    keep(tracer().collector(QuickEnds(Ends(8))).collector(Says));
    work();
    wait_for_ever();
}

fn in_a_collector_on_demand() {
    keep(tracer().collector(Ends(9)).on_demand());
    work();
    GUARD.get().unwrap().flush(LONG);
}

/// The collector's `exit` waits in vain for the one that waits for the collector.
fn while_main_waits() {
    let tracer = Tracer::builder("test").shutdown_timeout(TIMEOUT);
    keep(tracer.scheduled_delay(LONG).collector(Ends(1)));
    work();
    exit(10);
}

fn stdout_is_locked() {
    let warns = collector_fn(|batch: &SpanBatch<'_>| {
        for span in batch.spans() {
            eprintln!("{}", span.operation_name());
        }
    });
    let tracer = Tracer::builder("test").shutdown_timeout(TIMEOUT);
    keep(tracer.collector(Says).collector(warns));
    let _locked = std::io::stdout().lock();
    work();
    exit(0);
}

fn blocked() {
    let blocks = collector_fn(|_: &SpanBatch<'_>| wait_for_ever());
    keep(
        Tracer::builder("test")
            .shutdown_timeout(TIMEOUT)
            .collector(blocks),
    );
    work();
    exit(0);
}

/// There is something to say, and nobody can.
fn stderr_is_locked() {
    let (lock, is_locked) = channel();
    let lock = Mutex::new(lock);
    let blocks = collector_fn(move |_: &SpanBatch<'_>| {
        let _locked = std::io::stderr().lock();
        lock.lock().unwrap().send(()).unwrap();
        wait_for_ever();
    });
    keep(
        Tracer::builder("test")
            .shutdown_timeout(TIMEOUT)
            .collector(blocks),
    );
    work();
    is_locked.recv().unwrap();
    exit(0);
}

fn in_vain() {
    let blocks = collector_fn(|_: &SpanBatch<'_>| wait_for_ever());
    let tracer = Tracer::builder("test").shutdown_timeout(IN_VAIN);
    let tracing = tracer.collector(blocks).install().unwrap();
    work();
    drop(tracing);
    println!("dropped");
}

thread_local! {
    static OWN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn on_demand() {
    let uses = collector_fn(|batch: &SpanBatch<'_>| {
        if OWN.try_with(|own| own.borrow_mut().clear()).is_err() {
            println!("gone");
        }
        for span in batch.spans() {
            eprintln!("{}", span.operation_name());
        }
    });
    keep(tracer().collector(uses).on_demand());
    let ends = || {
        OWN.with_borrow_mut(|own| own.push("used".to_owned()));
        work();
        exit(0)
    };
    let thread = Builder::new().spawn(ends).unwrap();
    let _never: Result<(), _> = thread.join();
}

fn in_a_child() {
    keep(tracer().scheduled_delay(LONG).collector(Says));
    // Two children, one that has a tracer of its own.
    trace_core::root("work").run_sync(|| {
        span::in_span("within", || {});
        match process::fork() {
            Fork::Parent(child) => assert_eq!(child.wait(0), []),
            Fork::Child => exit(0),
        }
    });
    static OWN_GUARD: Mutex<Option<TracerGuard>> = Mutex::new(None);
    match process::fork() {
        Fork::Parent(child) => assert_eq!(child.wait(1), []),
        Fork::Child => {
            let own = tracer().collector(Says).install().unwrap();
            *OWN_GUARD.lock().unwrap() = Some(own);
            trace_core::root("child's").run_sync(|| {});
            exit(0)
        }
    }
}
