//! Children of a process that records: `fork` within an open span, while another
//! thread takes the tracer's locks.
//!
//! Has no harness: a test of one would not run on the main thread.

#![cfg_attr(not(unix), allow(unused, reason = "nothing forks here"))]
#![expect(
    clippy::unwrap_used,
    reason = "clippy takes only functions marked `#[test]` for tests, not what they call"
)]

#[cfg(unix)]
#[path = "fork/process.rs"]
mod process;

fn main() {
    #[cfg(unix)]
    unix::run();
}

#[cfg(unix)]
mod unix {
    use std::cell::RefCell;
    use std::collections::HashSet;
    use std::future::{Future, poll_fn};
    use std::pin::Pin;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::sync::{Arc, Mutex};
    use std::task::{Context, Poll};
    use std::time::{Duration, Instant};

    use futures_util::task::noop_waker;
    use trace_core::propagation::{self, B3Propagator};
    use trace_core::{
        Carried, Collector, CollectorError, MemoryCollector, SamplingDecision, SpanBatch, Stats,
        TraceCollector, TraceFuture, TraceId, Tracer, TracerBuilder, TracerGuard, sampler_fn, span,
        trace_root, traced,
    };

    use super::process::{self, Fork};

    const ROUNDS: u64 = 300;
    const LONG: Duration = Duration::from_secs(10);

    /// Calls of the parent's collectors and samplers in another process than the parent.
    static STRAY_CALLS: AtomicU64 = AtomicU64::new(0);

    /// Keeps the ids of the spans of the main thread and counts the others.
    #[derive(Clone)]
    struct Parents(Arc<ParentsState>);

    struct ParentsState {
        process: u32,
        ids: Mutex<Vec<u64>>,
        traces: Mutex<HashSet<u64>>,
        others: AtomicU64,
    }

    impl Parents {
        fn new() -> Self {
            Self(Arc::new(ParentsState {
                process: std::process::id(),
                ids: Mutex::default(),
                traces: Mutex::default(),
                others: AtomicU64::new(0),
            }))
        }
    }

    impl Parents {
        fn tracer(&self) -> TracerBuilder {
            let state = Arc::clone(&self.0);
            let sampler = sampler_fn(move |_| {
                state.note_process();
                SamplingDecision::Sample
            });
            let tracer = Tracer::builder("parent").collector(self.clone());
            tracer.sampler(sampler).shutdown_timeout(LONG)
        }
    }

    fn half(trace: TraceId) -> u64 {
        u64::try_from(trace.get() >> 64).unwrap()
    }

    /// Ends the other thread, also when this one panics.
    struct Over<'a>(&'a AtomicBool);

    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    impl ParentsState {
        fn note_process(&self) {
            if std::process::id() != self.process {
                STRAY_CALLS.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    impl Collector for Parents {
        fn collect(&self, batch: &SpanBatch<'_>) {
            self.0.note_process();
            for span in batch.records() {
                if span.operation_name.starts_with("hammer") {
                    self.0.others.fetch_add(1, Ordering::Relaxed);
                } else {
                    self.0.ids.lock().unwrap().push(span.span_id.get());
                    self.0.traces.lock().unwrap().insert(half(span.trace_id));
                }
            }
        }

        fn flush(&self, _timeout: Duration) -> Result<(), CollectorError> {
            self.0.note_process();
            Ok(())
        }
    }

    impl Drop for ParentsState {
        fn drop(&mut self) {
            self.note_process();
        }
    }

    type Task = Pin<Box<dyn Future<Output = ()>>>;

    /// What the parent has when it forks.
    struct Surroundings {
        guard: Option<TracerGuard>,
        on_demand: Option<Tracer>,
        /// The only handles of two tracers, one with a thread.
        last: Vec<Tracer>,
        /// Suspended: roots, and a span below one.
        roots: Vec<Task>,
        spans: Vec<Task>,
        carried: Option<Carried<()>>,
    }

    /// What a process is after the fork.
    enum Side {
        Parent(process::Child),
        Child(Box<Own>),
    }

    /// The tracer that a child installed.
    struct Own {
        tracing: TracerGuard,
        spans: MemoryCollector,
        traces: TraceCollector,
    }

    #[traced("hammer.leaf")]
    fn hammer_leaf() {}

    #[trace_root("hammer")]
    fn hammer() {
        hammer_leaf();
    }

    #[traced("leaf")]
    fn leaf() {}

    #[traced("task")]
    async fn task(polls: u32) {
        let mut left = polls;
        poll_fn(|cx| {
            left -= 1;
            cx.waker().wake_by_ref();
            if left == 0 {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        leaf();
    }

    #[trace_root("request")]
    async fn request() {
        task(2).await;
    }

    #[trace_root("own")]
    fn own(foreign: Option<Task>, dropped: Option<Task>) {
        leaf();
        if let Some(mut foreign) = foreign {
            assert!(poll(&mut foreign), "a span of the parent's does not end");
        }
        drop(dropped);
        leaf();
        assert!(span::is_recording());
    }

    #[trace_root("outer")]
    fn outer(around: &RefCell<Surroundings>) -> Side {
        leaf();
        let side = inner(around);
        leaf();
        side
    }

    #[traced("inner")]
    fn inner(around: &RefCell<Surroundings>) -> Side {
        let held = span::start("held");
        let root = trace_core::root("held root").start();
        let entered = held.enter();
        root.enter_unguarded();
        leaf();
        let forked = process::fork();
        leaf();
        root.exit();
        drop(entered);
        held.add_tag("after", true);
        held.end();
        drop(root);
        match forked {
            Fork::Parent(child) => Side::Parent(child),
            Fork::Child => Side::Child(Box::new(become_a_process(&mut around.borrow_mut()))),
        }
    }

    fn poll(task: &mut Task) -> bool {
        let waker = noop_waker();
        task.as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_ready()
    }

    fn suspended(future: impl Future<Output = ()> + 'static) -> Task {
        let mut task: Task = Box::pin(future);
        assert!(!poll(&mut task));
        task
    }

    fn assert_exact(stats: Stats) {
        let ended = stats.delivered + stats.sampled_out + stats.dropped.total();
        let sum = ended + stats.waiting + stats.open;
        assert_eq!(stats.started, sum, "{stats:?}");
    }

    #[expect(clippy::disallowed_methods, reason = "a wait is what is tested")]
    fn in_time<R>(what: &str, run: impl FnOnce() -> R) -> R {
        let begin = Instant::now();
        let result = run();
        assert!(begin.elapsed() < Duration::from_secs(1), "{what} waits");
        result
    }

    /// Returns the bits of `service.instance.id` that are random.
    fn instance() -> Vec<u64> {
        let tags = trace_otlp::resource::detect();
        let mut ids = tags.iter().filter(|tag| tag.key == "service.instance.id");
        let id = ids.next().unwrap().value.to_string().replace('-', "");
        let (high, low) = id.split_at(16);
        let bits = [high, low].map(|half| u64::from_str_radix(half, 16).unwrap());
        bits.into()
    }

    /// Also before there is a tracer.
    fn each_child_is_an_instance_of_its_own() {
        let own = instance();
        let mut all = HashSet::from([own.clone()]);
        for round in 0..3 {
            match process::fork() {
                Fork::Parent(child) => assert!(all.insert(child.wait(round))),
                Fork::Child => process::exit(instance),
            }
        }
        assert_eq!(instance(), own);
    }

    /// It begins with the headers of W3C, as it begins without a tracer.
    fn a_child_begins_without_its_parents_propagator() {
        let caller = [("b3", "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1")];
        let is_read = || u64::from(propagation::extract(&caller).context.is_some());
        let builder = || Tracer::builder("b3").propagator(B3Propagator);
        let guard = builder().collector(()).install().unwrap();
        let child = match process::fork() {
            Fork::Parent(child) => child,
            Fork::Child => process::exit(|| {
                let before = is_read();
                let own = builder().collector(()).install().unwrap();
                let installed = is_read();
                drop(own);
                vec![before, installed, is_read()]
            }),
        };
        assert_eq!(child.wait(0), [0, 1, 0]);
        assert_eq!(is_read(), 1);
        drop(guard);
        assert_eq!(is_read(), 0);
    }

    pub(super) fn run() {
        each_child_is_an_instance_of_its_own();
        a_child_begins_without_its_parents_propagator();
        let parents = Parents::new();
        let guard = parents.tracer().install().unwrap();
        let tracer = Tracer::clone(&guard);
        let demanded = Parents::new();
        let on_demand = demanded.tracer().on_demand().build().unwrap();
        let last = Parents::new();
        let with_thread = last.tracer().build().unwrap();
        let without_thread = last.tracer().on_demand().build().unwrap();
        let around = RefCell::new(Surroundings {
            guard: Some(guard),
            on_demand: Some(on_demand.clone()),
            last: vec![with_thread, without_thread],
            roots: Vec::new(),
            spans: Vec::new(),
            carried: None,
        });

        let is_over = AtomicBool::new(false);
        let hammered = AtomicU64::new(0);
        let mut children = HashSet::new();
        std::thread::scope(|scope| {
            let hammering = std::thread::Builder::new().spawn_scoped(scope, || {
                while !is_over.load(Ordering::Relaxed) {
                    // No more than the queue holds.
                    if tracer.stats().open > 100_000 {
                        std::thread::yield_now();
                        continue;
                    }
                    hammer();
                    hammered.fetch_add(2, Ordering::Relaxed);
                }
            });
            let over = Over(&is_over);
            for round in 0..ROUNDS {
                for last in &around.borrow().last {
                    last.root("last").run_sync(leaf);
                }
                on_demand.root("demanded").run_sync(leaf);
                prepare(&mut around.borrow_mut());
                match outer(&around) {
                    Side::Parent(child) => {
                        for id in child.wait(round) {
                            assert!(children.insert(id), "two processes have the id {id}");
                        }
                    }
                    Side::Child(own) => process::exit(|| own_process(&around, &own, round)),
                }
                let mut around = around.borrow_mut();
                around.roots.iter_mut().for_each(|root| assert!(poll(root)));
                around.spans.iter_mut().for_each(|span| assert!(poll(span)));
                around.roots.clear();
                around.spans.clear();
                around.carried = None;
            }
            drop(over);
            hammering.unwrap().join().unwrap();
        });

        let report = tracer.flush(LONG);
        assert!(report.is_complete, "{report:?}");
        let stats = tracer.stats();
        assert_exact(stats);
        assert_eq!((stats.open, stats.unattached), (0, 0));
        assert_eq!(stats.dropped.total(), 0, "{stats:?}");
        let ids = parents.0.ids.lock().unwrap();
        // `outer` and what is held below it, two requests, and `below` with two tasks.
        assert_eq!(ids.len() as u64, ROUNDS * (8 + 2 * 3 + 5));
        let others = parents.0.others.load(Ordering::Relaxed);
        assert_eq!(others, hammered.load(Ordering::Relaxed));
        assert_eq!(stats.delivered, ids.len() as u64 + others);
        assert!(on_demand.flush(LONG).is_complete);
        assert_exact(on_demand.stats());
        let demanded = demanded.0.ids.lock().unwrap();
        assert_eq!(demanded.len() as u64, ROUNDS * 2);
        around.borrow_mut().last.clear();
        assert_eq!(last.0.ids.lock().unwrap().len() as u64, ROUNDS * 4);
        let traces = parents.0.traces.lock().unwrap();
        assert!(
            traces.is_disjoint(&children),
            "parent and child have a trace id"
        );
        let mut all: HashSet<u64> = ids.iter().chain(&*demanded).copied().collect();
        assert_eq!(all.len(), ids.len() + demanded.len(), "delivered twice");
        for id in children {
            assert!(all.insert(id), "parent and child have the id {id}");
        }
        assert_eq!(STRAY_CALLS.load(Ordering::Relaxed), 0);
    }

    /// Makes what is open when the process forks.
    fn prepare(around: &mut Surroundings) {
        around.roots = vec![suspended(request()), suspended(request())];
        trace_core::root("below").run_sync(|| {
            around.spans = vec![suspended(task(2)), suspended(task(2).in_current_trace())];
            around.carried = Some(Carried::new(()));
        });
    }

    /// What a child does within the spans that its parent opened.
    fn become_a_process(around: &mut Surroundings) -> Own {
        assert!(!span::is_recording(), "the parent's span is recorded");
        assert_eq!(span::current_context(), None);
        let guard = around.guard.take().unwrap();
        assert_eq!(guard.stats(), Stats::default());
        assert!(!in_time("flush", || guard.flush(LONG)).is_complete);

        // Before there is a tracer, nothing of the parent's is recorded by anyone.
        assert!(poll(&mut around.roots.pop().unwrap()));
        own_is_not_recorded();
        let on_demand = around.on_demand.take().unwrap();
        on_demand
            .root("demanded")
            .run_sync(|| assert!(!span::is_recording()));
        assert!(!in_time("flush", || on_demand.flush(LONG)).is_complete);

        let (spans, traces) = (MemoryCollector::new(), TraceCollector::new());
        let tracer = Tracer::builder("child").collector(spans.clone());
        let tracing = tracer.collector(traces.clone()).install().unwrap();
        in_time("dropping the guard", || drop(guard));
        drop(on_demand);
        in_time("dropping the last handles", || around.last.clear());
        let own = Own {
            tracing,
            spans,
            traces,
        };
        self::own(around.spans.pop(), around.roots.pop());
        self::own(around.spans.pop(), None);
        around.carried.take().unwrap().run_sync(|()| {
            assert!(!span::is_recording());
            leaf();
        });
        self::own(None, None);
        own
    }

    #[trace_root("nobody's")]
    fn own_is_not_recorded() {
        assert!(
            !span::is_recording(),
            "the parent's tracer is still installed"
        );
    }

    /// What a child does after it has left its parent's spans; returns its ids.
    fn own_process(around: &RefCell<Surroundings>, own: &Own, round: u64) -> Vec<u64> {
        assert!(!span::is_recording());
        self::own(None, None);
        let again = Tracer::builder("child").install();
        assert!(again.is_err(), "two tracers are installed");
        if round == 0 {
            a_grandchild_is_a_process_of_its_own(own);
        }
        let report = in_time("flush", || own.tracing.flush(LONG));
        assert!(report.is_complete, "{report:?}");
        let stats = own.tracing.stats();
        assert_exact(stats);
        assert_eq!((stats.started, stats.delivered), (12, 12), "{stats:?}");
        let spans = own.spans.spans();
        let names = spans.iter().map(|span| &*span.operation_name);
        assert!(names.clone().all(|name| name == "own" || name == "leaf"));
        assert_eq!(names.filter(|name| *name == "own").count(), 4);
        let completed = own.traces.completed_traces();
        assert_eq!(completed.len(), 4, "traces are not complete");
        assert!(completed.iter().all(|done| done.trace.len() == 3));
        assert_eq!(
            STRAY_CALLS.load(Ordering::Relaxed),
            0,
            "collectors are the parent's"
        );
        assert!(around.borrow().guard.is_none());
        let traces: HashSet<u64> = spans.iter().map(|span| half(span.trace_id)).collect();
        let ids = spans.iter().map(|span| span.span_id.get());
        ids.chain(traces).collect()
    }

    fn a_grandchild_is_a_process_of_its_own(parent: &Own) {
        match process::fork() {
            Fork::Parent(child) => {
                let ids = child.wait(0);
                assert_eq!(ids.len(), 3);
            }
            Fork::Child => process::exit(|| {
                own_is_not_recorded();
                assert_eq!(parent.tracing.stats(), Stats::default());
                let spans = MemoryCollector::new();
                let tracer = Tracer::builder("grandchild").collector(spans.clone());
                let tracing = tracer.install().unwrap();
                self::own(None, None);
                assert!(tracing.flush(LONG).is_complete);
                let spans = spans.spans();
                spans.iter().map(|span| span.span_id.get()).collect()
            }),
        }
    }
}
