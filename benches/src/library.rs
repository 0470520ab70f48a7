//! What each library has to say: the same functions, instrumented.

use std::pin::Pin;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::workload::Workload;

/// A tracing library and the functions that are instrumented with it.
///
/// The functions do the same in each library and nothing but pass their argument
/// through `black_box`, so that the compiler can neither remove them nor know what
/// they return. Each is called in one place of the driver only, so that whether the
/// compiler inlines it does not depend on what else is measured. Spans go to something that
/// counts and drops them.
pub trait Library: 'static {
    const NAME: &'static str;
    /// The crate whose version is told.
    const PACKAGE: Option<&'static str>;
    /// Whether a function that is called outside any trace begins one.
    const TRACES_WITHOUT_CONTEXT: bool = false;

    /// Prepares the process; called once.
    fn set_up();

    /// Runs a closure below a root span.
    fn below_root<R>(is_sampled: bool, body: impl FnOnce() -> R) -> R;

    fn leaf(i: u64) -> impl Future<Output = u64> + Send + 'static;
    fn sync_leaf(i: u64) -> u64;
    fn tree(i: u64, text: &'static str) -> impl Future<Output = u64> + Send;
    /// Is polled once more than `polls` times.
    fn waits(i: u64, polls: u64) -> impl Future<Output = u64> + Send;
    fn fails(i: u64) -> impl Future<Output = Result<u64, Declined>> + Send;
    fn rich(i: u64, text: &'static str) -> impl Future<Output = u64> + Send;
    /// Spawns a task that is a child span.
    fn spawned(i: u64) -> JoinHandle<u64>;
    /// A trace of one span.
    fn root(i: u64) -> impl Future<Output = u64> + Send;
    /// The same, described at run time; of a library that has only one way, that one.
    fn built_root(i: u64) -> impl Future<Output = u64> + Send {
        Self::root(i)
    }
    /// A future as the body of a root. That the root is not sampled is heard within
    /// [`choosing`](Self::choosing) only.
    fn in_root<F>(is_sampled: bool, body: F) -> impl Future<Output = u64> + Send + 'static
    where
        F: Future<Output = u64> + Send + 'static;
    /// Runs a closure in which roots are sampled or not, as each says.
    fn choosing<R>(body: impl FnOnce() -> R) -> R {
        body()
    }
    /// A leaf in a task that is polled again and again.
    fn step(i: u64) -> impl Future<Output = u64> + Send + 'static;
    /// Three spans, the innermost of which is polled once more than `polls` times.
    fn nested(i: u64, text: &'static str, polls: u64)
    -> impl Future<Output = u64> + Send + 'static;

    /// Bytes of the futures of functions that wait for each other: of a leaf, and of
    /// one, two and three levels above it.
    fn nested_sizes() -> [usize; 4];

    /// Passes on what is recorded; does not return before it is delivered, if the
    /// library can do that.
    fn flush();

    /// Spans that were delivered since the process began.
    fn delivered() -> u64;

    /// Spans that have to be delivered for a number of calls of a workload.
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

/// Is pending for a number of polls.
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

/// Counts spans that reach the end of a library.
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

/// The runtime of the spawned tasks: they run on the thread that waits for them.
pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime without drivers asks the operating system for nothing")
});

/// A runtime that moves tasks between threads, and has one: a second would look for
/// work in between.
pub static POOL: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .expect("the operating system gives a thread")
});
