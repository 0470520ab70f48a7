//! Repeats and times the workloads of any library.

use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::libraries::{emit, fastrace, floor, opentelemetry, ours, plain, tracing};
use crate::library::{Library, POOL, RUNTIME, Yield};
use crate::stopwatch;
use crate::workload::{AFTER_FLUSH, POLLS, Workload};

/// A library as a value.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    pub name: &'static str,
    pub package: Option<&'static str>,
    pub set_up: fn(),
    /// Runs a workload a number of times, below one root if it needs one, and returns the
    /// total time of the calls; `None` if the library has nothing like it.
    pub run: fn(Workload, u64) -> Duration,
    pub spans: fn(Workload, u64) -> u64,
    /// Records a root with the tree below it, for throughput.
    pub tree: fn(),
    /// Returns the future of a task that is a root and waits at its first poll.
    pub sleeping_root: fn() -> Pin<Box<dyn Future<Output = u64> + Send>>,
    pub nested_sizes: fn() -> [usize; 4],
    pub flush: fn(),
    pub delivered: fn() -> u64,
}

impl Peer {
    const fn of<L: Library>() -> Self {
        Self {
            name: L::NAME,
            package: L::PACKAGE,
            set_up: L::set_up,
            run: run::<L>,
            spans: L::spans,
            tree: tree::<L>,
            sleeping_root: || Box::pin(waiting_root::<L>(1)),
            nested_sizes: L::nested_sizes,
            flush: L::flush,
            delivered: L::delivered,
        }
    }

    /// Runs a workload and checks that every span of it was delivered.
    ///
    /// # Panics
    ///
    /// If a span is missing, because then the measurement is wrong.
    #[must_use]
    pub fn run_and_check(&self, workload: Workload, calls: u64) -> Duration {
        let before = (self.delivered)();
        let time = (self.run)(workload, calls);
        (self.flush)();
        let delivered = (self.delivered)() - before;
        let expected = (self.spans)(workload, calls);
        assert_eq!(
            delivered,
            expected,
            "spans of {calls} calls of `{}`, {}",
            self.name,
            workload.name()
        );
        time
    }

    /// Returns the library whose name begins with this text.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        PEERS.into_iter().find(|peer| peer.name.starts_with(name))
    }
}

/// The index of the functions without any library, with which all libraries are compared.
pub const PLAIN: usize = 0;
pub const FLOOR: usize = 1;
pub const OURS: usize = 2;
pub const FASTRACE: usize = 3;

pub const PEERS: [Peer; 7] = [
    Peer::of::<plain::Plain>(),
    Peer::of::<floor::Floor>(),
    Peer::of::<ours::TraceCore>(),
    Peer::of::<fastrace::Fastrace>(),
    Peer::of::<tracing::Tracing>(),
    Peer::of::<opentelemetry::OpenTelemetry>(),
    Peer::of::<emit::Emit>(),
];

/// Polls a future that is ready at once.
#[inline(always)]
pub(crate) fn now<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    match poll_once(future.as_mut()) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("the workload does not wait"),
    }
}

/// Polls a future until it is ready.
#[inline(always)]
fn poll_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = poll_once(future.as_mut()) {
            return output;
        }
    }
}

/// Not inlined, because no executor inlines the poll of a task. Otherwise the plain function,
/// which is short, would be merged with the loop, and the measurement would be wrong.
#[inline(never)]
fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

macro_rules! timed {
    ($calls:expr, $i:ident => $call:expr) => {{
        let begin = $crate::stopwatch::now();
        for $i in 0..$calls {
            let _ = std::hint::black_box($call);
        }
        begin.elapsed()
    }};
}
pub(crate) use timed;

fn run<L: Library>(workload: Workload, calls: u64) -> Duration {
    let text = black_box("visa");
    match workload {
        Workload::AsyncLeaf => L::below_root(true, || leaves::<L>(calls)),
        Workload::SyncLeaf => {
            L::below_root(true, || timed!(calls, i => L::sync_leaf(black_box(i))))
        }
        Workload::Tree => L::below_root(true, || trees::<L>(calls)),
        Workload::TreeUnsampled => L::below_root(false, || trees::<L>(calls)),
        Workload::Unsampled => L::below_root(false, || leaves::<L>(calls)),
        Workload::NoContext => leaves::<L>(calls),
        Workload::Poll => L::below_root(
            true,
            || timed!(calls, i => poll_on(L::waits(black_box(i), black_box(POLLS)))),
        ),
        Workload::TaskPoll | Workload::PoolPoll => {
            in_task(runtime(workload), waiting_root::<L>(calls))
        }
        Workload::TaskPollLeaf | Workload::PoolPollLeaf => {
            in_task(runtime(workload), L::in_root(true, steps::<L>(calls)))
        }
        Workload::TaskPollLevels | Workload::PoolPollLevels => {
            in_task(runtime(workload), request::<L>(true, black_box(1), calls))
        }
        Workload::Fails => L::below_root(true, || {
            now(async { timed!(calls, i => L::fails(black_box(i)).await) })
        }),
        Workload::Rich => L::below_root(true, || {
            now(async { timed!(calls, i => L::rich(black_box(i), text).await) })
        }),
        Workload::Spawned => L::below_root(true, || {
            RUNTIME.block_on(async { timed!(calls, i => L::spawned(black_box(i)).await) })
        }),
        Workload::Root => roots::<L>(calls),
        Workload::RootAfterFlush => {
            let mut time = Duration::ZERO;
            for begun in (0..calls).step_by(AFTER_FLUSH as usize) {
                L::flush();
                time += roots::<L>(AFTER_FLUSH.min(calls - begun));
            }
            time
        }
        Workload::RootBuilder => timed!(calls, i => now(L::built_root(black_box(i)))),
        Workload::RootUnsampled => {
            L::choosing(|| timed!(calls, i => now(L::in_root(false, plain::root(black_box(i))))))
        }
        Workload::Request => {
            L::choosing(|| timed!(calls, i => poll_on(request::<L>(i % 2 == 0, black_box(i), 1))))
        }
    }
}

/// Returns the runtime for the tasks of a workload.
fn runtime(workload: Workload) -> &'static Runtime {
    match workload {
        Workload::PoolPoll | Workload::PoolPollLeaf | Workload::PoolPollLevels => &POOL,
        _ => &RUNTIME,
    }
}

/// Spawns a future, and returns the time from its first poll to its end. This does not include
/// the time until a thread wakes up.
fn in_task<F>(runtime: &Runtime, future: F) -> Duration
where
    F: Future<Output = u64> + Send + 'static,
{
    let task = runtime.spawn(async move {
        let begin = stopwatch::now();
        let _ = black_box(future.await);
        begin.elapsed()
    });
    let time = runtime.block_on(task);
    time.expect("no workload panics")
}

fn waiting_root<L: Library>(polls: u64) -> impl Future<Output = u64> + Send + 'static {
    L::in_root(true, async move {
        Yield(polls).await;
        black_box(polls)
    })
}

async fn steps<L: Library>(polls: u64) -> u64 {
    let mut sum = 0;
    for i in 0..polls {
        sum += L::step(black_box(i)).await;
        Yield(1).await;
    }
    sum
}

fn request<L: Library>(
    is_sampled: bool,
    i: u64,
    polls: u64,
) -> impl Future<Output = u64> + Send + 'static {
    L::in_root(is_sampled, L::nested(i, black_box("visa"), polls))
}

#[inline(never)]
fn roots<L: Library>(calls: u64) -> Duration {
    timed!(calls, i => now(L::root(black_box(i))))
}

/// Not inlined, so that it is the same code whether anything is recorded or not.
#[inline(never)]
fn leaves<L: Library>(calls: u64) -> Duration {
    now(async { timed!(calls, i => L::leaf(black_box(i)).await) })
}

#[inline(never)]
fn trees<L: Library>(calls: u64) -> Duration {
    let text = black_box("visa");
    now(async { timed!(calls, i => L::tree(black_box(i), text).await) })
}

fn tree<L: Library>() {
    L::below_root(true, || {
        let _ = black_box(now(L::tree(black_box(1), black_box("visa"))));
    });
}
