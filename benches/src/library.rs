//! The interface of each library: the same functions, instrumented.

use std::pin::Pin;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::workload::Workload;

/// A tracing library and the functions that are instrumented with it.
///
/// The functions are the same in each library. They only pass their argument through
/// `black_box`, so that the compiler can neither remove them nor know what they return. Each
/// function is called in only one place of the driver, so that its inlining does not depend on
/// other measurements. The spans are counted and dropped.
pub trait Library: 'static {
    const NAME: &'static str;
    /// The crate whose version is printed.
    const PACKAGE: Option<&'static str>;
    /// Whether a function that is called outside any trace begins a trace.
    const TRACES_WITHOUT_CONTEXT: bool = false;

    /// Prepares the process. Called once.
    fn set_up();

    /// Runs a closure below a root span.
    fn below_root<R>(is_sampled: bool, body: impl FnOnce() -> R) -> R;

    fn leaf(i: u64) -> impl Future<Output = u64> + Send + 'static;
    fn sync_leaf(i: u64) -> u64;
    fn tree(i: u64, text: &'static str) -> impl Future<Output = u64> + Send;
    /// Is polled `polls + 1` times.
    fn waits(i: u64, polls: u64) -> impl Future<Output = u64> + Send;
    fn fails(i: u64) -> impl Future<Output = Result<u64, Declined>> + Send;
    fn rich(i: u64, text: &'static str) -> impl Future<Output = u64> + Send;
    /// Spawns a task that is a child span.
    fn spawned(i: u64) -> JoinHandle<u64>;
    /// A trace of one span.
    fn root(i: u64) -> impl Future<Output = u64> + Send;
    /// A trace of one span, described at run time. If the library has only one way, uses that.
    fn built_root(i: u64) -> impl Future<Output = u64> + Send {
        Self::root(i)
    }
    /// A future as the body of a root. `is_sampled` has an effect only within
    /// [`choosing`](Self::choosing).
    fn in_root<F>(is_sampled: bool, body: F) -> impl Future<Output = u64> + Send + 'static
    where
        F: Future<Output = u64> + Send + 'static;
    /// Runs a closure in which each root chooses whether it is sampled.
    fn choosing<R>(body: impl FnOnce() -> R) -> R {
        body()
    }
    /// A leaf in a task that is polled repeatedly.
    fn step(i: u64) -> impl Future<Output = u64> + Send + 'static;
    /// Three spans. The innermost is polled `polls + 1` times.
    fn nested(i: u64, text: &'static str, polls: u64)
    -> impl Future<Output = u64> + Send + 'static;

    /// The sizes in bytes of the futures of nested functions: a leaf, and one, two and three
    /// levels above it.
    fn nested_sizes() -> [usize; 4];

    /// Flushes the recorded spans. Waits until they are delivered, if the library supports
    /// that.
    fn flush();

    /// The number of spans delivered since the process began.
    fn delivered() -> u64;

    /// The expected number of delivered spans for a number of calls of a workload.
    #[must_use]
    fn spans(workload: Workload, calls: u64) -> u64 {
        if workload == Workload::NoContext && Self::TRACES_WITHOUT_CONTEXT {
            calls
        } else {
            workload.spans(calls)
        }
    }
}

/// The error of [`Library::fails`].
#[derive(Debug)]
pub struct Declined(pub u64);

impl std::fmt::Display for Declined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("card declined")
    }
}

impl std::error::Error for Declined {}

/// A future that is pending for a number of polls.
#[derive(Debug)]
pub struct Yield(pub u64);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Counts the spans that a library delivers.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    pub fn add(&self, spans: usize) {
        self.0.fetch_add(spans as u64, Ordering::Relaxed);
    }

    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The runtime of the spawned tasks, which run on the thread that waits for them.
pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime without drivers asks the operating system for nothing")
});

/// A multi-threaded runtime with one thread. A second thread would search for work in between.
pub static POOL: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .expect("the operating system gives a thread")
});
