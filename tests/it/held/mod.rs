//! Tests of held spans: [`trace_core::OpenSpan`].

mod begin;
mod end;
mod poll;
mod threads;
mod visits;

use std::time::Duration;

use trace_core::{MemoryCollector, OpenSpan, SpanRecord, Tracer, TracerBuilder};

/// A tracer and its collected spans.
struct Program {
    tracer: Tracer,
    spans: MemoryCollector,
}

impl Program {
    fn new() -> Self {
        Self::with(|builder| builder)
    }

    fn with(options: impl FnOnce(TracerBuilder) -> TracerBuilder) -> Self {
        let spans = MemoryCollector::new();
        let builder = Tracer::builder("held").collector(spans.clone()).on_demand();
        let tracer = options(builder).build().unwrap();
        Self { tracer, spans }
    }

    /// Runs a body in a root named `root`.
    fn root<R>(&self, body: impl FnOnce() -> R) -> R {
        self.tracer.root("root").run_sync(body)
    }

    /// Returns a span named `held`: a root, or a span below an ended root named `root`.
    fn hold(&self, has_own_scope: bool) -> OpenSpan {
        if has_own_scope {
            self.tracer.root("held").start()
        } else {
            self.root(|| start("held"))
        }
    }

    /// Hands over and delivers all entries so far.
    fn cut(&self) {
        let _report = self.tracer.flush(Duration::ZERO);
    }

    /// Returns all spans. No span may be open, and the counters must add up.
    #[track_caller]
    fn take(&self) -> Vec<SpanRecord> {
        self.cut();
        let stats = self.tracer.stats();
        assert_eq!(stats.open, 0, "{stats:?}");
        let ended = stats.delivered + stats.sampled_out + stats.dropped.total();
        assert_eq!(stats.started, ended, "{stats:?}");
        self.spans.take()
    }

    fn unattached(&self) -> u64 {
        self.cut();
        self.tracer.stats().unattached
    }
}

/// Returns the only span with this operation name.
#[track_caller]
fn named<'a>(spans: &'a [SpanRecord], name: &str) -> &'a SpanRecord {
    let mut found = spans.iter().filter(|span| span.operation_name == name);
    let span = found.next();
    let span = span.unwrap_or_else(|| panic!("no span `{name}` in {spans:#?}"));
    assert!(found.next().is_none(), "more than one span `{name}`");
    span
}

/// Runs a closure on another thread.
fn elsewhere<R: Send + 'static>(body: impl FnOnce() -> R + Send + 'static) -> R {
    let thread = std::thread::Builder::new().spawn(body).unwrap();
    thread.join().unwrap()
}

/// Starts a held span.
fn start(name: &str) -> OpenSpan {
    trace_core::span::start(name)
}
